"""Whatever a model would rather write, the text is what was asked for."""

import copy
import functools
import json
import random
import re
from collections import Counter
from collections.abc import Callable

import jsonschema_rs
import pytest
import torch
from torch import Tensor

from jium.errors import ConfigError, TokenizerError
from jium.generation.constrained import Grammar, constraint_of
from jium.models.gpt import Gpt, GptConfig
from jium.nn.layout import Layout
from jium.text.sentencepiece_file import ModelFile, build
from jium.text.settings import BYTES
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SIZES = dict(bpe=380, wordpiece=620, unigram=375, jamo=360, word=80, char=90)
CORPUS = [f'학교에서 {n}번째 친구를 "기다렸다." {{The: books}}, [{n}] true?' for n in range(60)]
FREE = ["bpe", "wordpiece", "unigram"]  # kinds that can write any text
Logits = Callable[[list[int]], Tensor]


@functools.cache
def trained(kind: str = "bpe") -> Tokenizer:
    return Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=SIZES[kind]), CORPUS)


def foreign() -> Tokenizer:
    """A SentencePiece model with few pieces: most of Hangul is three byte tokens."""
    pieces = [("<unk>", 0.0, 2), ("</s>", 0.0, 3)]
    pieces += [(f"<0x{byte:02X}>", -9.0, 6) for byte in range(BYTES)]
    pieces += [(piece, -1.0, 1) for piece in ("▁", "▁긍정", "부", '{"', '":', "가")]
    backend = build(ModelFile(pieces, byte_fallback=True))
    return Tokenizer(backend, "unigram", {"eos_token": "</s>", "unk_token": "<unk>"})


def at_random(seed: int, size: int, sharp: float = 2.0) -> Logits:
    """A model that was never trained."""
    generator = torch.Generator().manual_seed(seed)
    return lambda before: sharp * torch.randn(size, generator=generator)


@functools.cache
def answer(tokenizer: Tokenizer) -> list[int]:
    return tokenizer.encode("답")


def write(
    tokenizer: Tokenizer, constraint: Grammar, logits: Logits, seed: int, max_tokens: int = 80
) -> str | None:
    """A text at temperature 1; None where it did not end in time."""
    generator = torch.Generator().manual_seed(seed)
    tokens: list[int] = []
    for _ in range(max_tokens):
        allowed = constraint.allowed()
        probs = logits(tokens).masked_fill(~allowed, -torch.inf).softmax(-1)
        token = int(torch.multinomial(probs, 1, generator=generator))
        constraint.take(token)
        if token == tokenizer.eos_id:
            before = answer(tokenizer)
            return tokenizer.decode(before + tokens).removeprefix("답")
        tokens.append(token)
    return None


def texts(tokenizer: Tokenizer, n: int = 20, max_tokens: int = 80, **asked) -> list[str]:
    """The finished ones of n random texts."""
    whole = constraint_of(tokenizer, [tokenizer.eos_id], **asked)
    size = tokenizer.vocab_size
    drawn = (write(tokenizer, whole.copy(), at_random(i, size), i, max_tokens) for i in range(n))
    return [text for text in drawn if text is not None]


# ---------------------------------------------------------------- choices


CHOICES = ["긍정", "부정", "긍정적", "yes", "두 낱말", '"따옴표"\\ \n', "😀"]


@pytest.mark.parametrize("kind", FREE)
def test_one_of_the_choices_is_written(kind: str) -> None:
    found = texts(trained(kind), n=60, choices=CHOICES)
    assert len(found) == 60
    assert set(found) == set(CHOICES)


def test_a_syllable_is_put_together_of_byte_tokens() -> None:
    tokenizer = foreign()
    assert len(tokenizer.encode("뷁")) == 4  # the space, and three bytes
    assert set(texts(tokenizer, choices=["뷁", "궳", "긍정"], n=40)) == {"뷁", "궳", "긍정"}


def test_choices_have_the_probability_of_all_ways_to_write_them() -> None:
    tokenizer = trained()
    torch.manual_seed(0)
    settings = GptConfig(dim=16, n_heads=2, n_kv_heads=2, ffn_dim=32, n_layers=1, max_len=32)
    model = Gpt(GptConfig(**{**vars(settings), "vocab_size": tokenizer.vocab_size})).eval()
    for weight in model.parameters():  # sharper, so that the choices are not alike
        weight.data *= 3
    prompt = tokenizer.encode("학교")

    @torch.no_grad()
    def logits(before: list[int]) -> Tensor:
        row = torch.tensor(prompt + before)
        return model.output(model(row, Layout([len(row)])))[-1]

    logits = remembered(logits)
    whole = constraint_of(tokenizer, [tokenizer.eos_id], choices=["가", "나", "가나"])
    exact = enumerated(tokenizer, whole, logits, [])
    assert set(exact) == {"가", "나", "가나"}
    assert sum(exact.values()) == pytest.approx(1)
    n = 400
    drawn = Counter(write(tokenizer, whole.copy(), logits, seed) for seed in range(n))
    for text, probability in exact.items():
        spread = (probability * (1 - probability) / n) ** 0.5
        assert abs(drawn[text] / n - probability) < 4 * spread, text


def enumerated(
    tokenizer: Tokenizer, constraint: Grammar, logits: Logits, tokens: list[int]
) -> Counter[str]:
    """Every text and its probability: the product of its steps."""
    allowed = constraint.allowed()
    probs = logits(tokens).masked_fill(~allowed, -torch.inf).softmax(-1)
    found: Counter[str] = Counter()
    for token in allowed.nonzero().flatten().tolist():
        p = float(probs[token])
        if token == tokenizer.eos_id:
            found[tokenizer.decode(tokens)] += p
            continue
        after = constraint.copy()
        after.take(token)
        for text, rest in enumerated(tokenizer, after, logits, [*tokens, token]).items():
            found[text] += p * rest
    return found


def remembered(logits: Logits) -> Logits:
    known = functools.cache(lambda before: logits(list(before)))
    return lambda before: known(tuple(before))


def test_a_choice_may_hold_any_character() -> None:
    for text in ('"', "\\", "\n\t", "\0\x1f\x7f\x85", "\u2028", "/a/i", "%", " a "):
        assert set(texts(trained(), n=2, choices=[text])) == {text}


def test_many_choices_are_no_burden() -> None:
    many = [f"{n:05d}번" for n in range(20_000)]
    found = texts(trained(), n=5, choices=many)
    assert len(found) == 5 and set(found) <= set(many)


@pytest.mark.parametrize("choices", [[], "가", ["가", ""], ["가", 1], {"가": 1}])
def test_what_is_no_list_of_texts_is_refused(choices: object) -> None:
    with pytest.raises(ConfigError, match="choices: must be a list of texts"):
        constraint_of(trained(), [3], choices=choices)


@pytest.mark.parametrize(("kind", "text"), [("char", "친구를"), ("word", " 친구를")])
def test_a_choice_that_the_vocabulary_cannot_write_is_refused(kind: str, text: str) -> None:
    assert {found.strip() for found in texts(trained(kind), choices=[text])} == {"친구를"}
    with pytest.raises(ConfigError, match="vocabulary has no tokens to write it. Got '친귀'"):
        constraint_of(trained(kind), [3], choices=[text, "친귀"])


# ---------------------------------------------------------------- patterns and grammars


@pytest.mark.parametrize("kind", FREE)
@pytest.mark.parametrize("regex", [r"[0-9]{2}-[가-힣]{1,3}", r"(예|아니오), (그래|no){1,2}\.?"])
def test_the_whole_text_matches_the_pattern(kind: str, regex: str) -> None:
    found = texts(trained(kind), regex=regex)
    assert found
    assert all(re.fullmatch(regex, text) for text in found)


LARK = """
start: "(" pair ("," pair)* ")"
pair: NAME "=" NUMBER
NAME: "가" | "나다"
NUMBER: /[1-9][0-9]?/
"""
GBNF = """
root ::= "(" pair ("," pair)* ")"
pair ::= ("가" | "나다") "=" [1-9] [0-9]?
"""


@pytest.mark.parametrize("grammar", [LARK, GBNF])
def test_a_grammar_is_followed_in_both_spellings(grammar: str) -> None:
    found = texts(trained(), grammar=grammar)
    pair = r"(가|나다)=[1-9]\d?"
    assert len(found) >= 10
    assert all(re.fullmatch(rf"\({pair}(,{pair})*\)", text) for text in found)


# ---------------------------------------------------------------- JSON


PERSON = {
    "type": "object",
    "properties": {
        "이름": {"type": "string", "minLength": 1, "maxLength": 4},
        "나이": {"type": "integer", "minimum": 0, "maximum": 120},
        "기분": {"enum": ["좋음", "나쁨", None]},
        "tags": {"type": "array", "items": {"const": "친구"}, "maxItems": 2},
    },
    "required": ["이름", "나이", "기분"],
    "additionalProperties": False,
}
TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "v": {"type": "boolean"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["v", "next"],
            "additionalProperties": False,
        }
    },
}
SCHEMAS = [
    PERSON,
    TREE,
    {"enum": ["가", 1, None, {"a": [1]}]},
    {"type": "string", "pattern": "^[가-나]{1,3}$"},
    {"type": "string", "format": "date"},
    {
        "type": "array",
        "items": {"type": "number", "minimum": -9, "maximum": 9},
        "minItems": 1,
        "maxItems": 2,
    },
    {"oneOf": [{"type": "integer", "maximum": 9, "minimum": -9}, {"type": "null"}]},
    {"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 1},
]


@pytest.mark.parametrize("kind", FREE)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_finished_text_is_json_of_the_schema(kind: str, schema: dict) -> None:
    found = texts(trained(kind), json_schema=schema, n=12, max_tokens=120)
    assert found
    for text in found:
        jsonschema_rs.validate(schema, json.loads(text))


@pytest.mark.parametrize("schema", [{}, "{}", "json", '{"type": "object"}'])
def test_an_empty_schema_is_any_object(schema: object) -> None:
    found = texts(trained(), json_schema=schema, n=40)
    assert found
    assert all(isinstance(json.loads(text), dict) for text in found)


def test_a_foreign_tokenizer_writes_json() -> None:
    found = texts(foreign(), json_schema=PERSON, n=12, max_tokens=200)
    assert found
    for text in found:
        jsonschema_rs.validate(PERSON, json.loads(text))


def test_a_model_that_likes_spaces_comes_to_an_end() -> None:
    tokenizer = trained()
    likes = torch.zeros(tokenizer.vocab_size)
    likes[[i for i, piece in enumerate(tokenizer.pieces) if not piece.strip("▁\n\t")]] = 50
    schema = {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 2}
    whole = constraint_of(tokenizer, [tokenizer.eos_id], json_schema=schema)
    text = write(tokenizer, whole, lambda before: likes, 0, max_tokens=30)
    assert text is not None
    assert len(json.loads(text)) == 2


# ---------------------------------------------------------------- how it is followed


@pytest.mark.parametrize("asked", [dict(regex=r"[\s\S]*"), dict(json_schema={})])
def test_no_special_token_is_ever_within_the_text(asked: dict) -> None:
    tokenizer = trained()
    special = [tokenizer.token_id(token) for token in tokenizer.special_tokens]
    constraint = constraint_of(tokenizer, [], **asked)
    for seed in range(20):
        allowed = constraint.allowed()
        assert not allowed[special].any()
        if constraint.done:
            break
        constraint.take(random.Random(seed).choice(allowed.nonzero().flatten().tolist()))


def test_it_is_done_when_only_the_end_may_come() -> None:
    tokenizer = trained()
    end = tokenizer.eos_id
    constraint = constraint_of(tokenizer, [end], choices=["가", "가나"])
    first, second = tokenizer.encode("가"), tokenizer.encode("나")
    for token in first:
        assert not constraint.done
        assert not constraint.allowed()[end]
        constraint.take(token)
    assert constraint.allowed()[end]
    assert not constraint.done
    other = copy.deepcopy(constraint)
    other.take(end)
    assert other.done
    assert other.allowed().nonzero().flatten().tolist() == [end]
    for token in second:
        constraint.take(token)
    assert constraint.done
    assert constraint.allowed().nonzero().flatten().tolist() == [end]


def test_every_end_is_allowed_at_the_end_and_none_where_there_is_none() -> None:
    tokenizer = trained()
    for ends in ([3], [1, 3], []):
        constraint = constraint_of(tokenizer, ends, choices=["x"])
        assert not constraint.allowed()[ends].any()
        constraint.take(tokenizer.encode("x")[0])
        assert constraint.done
        assert constraint.allowed().nonzero().flatten().tolist() == ends


def test_the_mask_is_as_wide_as_the_logits() -> None:
    tokenizer = trained()
    constraint = constraint_of(tokenizer, [3], choices=["x"], vocab_size=512)
    assert constraint.allowed().shape == (512,)
    assert not constraint.allowed()[tokenizer.vocab_size :].any()
    assert constraint_of(tokenizer, [3], choices=["x"]).allowed().shape == (tokenizer.vocab_size,)


ASKED = [
    dict(choices=["긍정", "부정"]),
    dict(regex="긍정|부정"),
    dict(grammar='start: "긍정" | "부정"'),
    dict(json_schema={"enum": ["긍정", "부정"]}),
]


@pytest.mark.parametrize("asked", ASKED)
def test_one_space_comes_first_where_the_tokenizer_has_it(asked: dict) -> None:
    tokenizer = trained("unigram")
    found = texts(tokenizer, leading_space=True, **asked)
    assert {text.replace('"', "") for text in found} == {" 긍정", " 부정"}


def test_a_copy_goes_its_own_way() -> None:
    tokenizer = trained()
    one = constraint_of(tokenizer, [3], choices=["ab", "cd"])
    two = one.copy()
    one.take(tokenizer.encode("a")[0])
    two.take(tokenizer.encode("c")[0])
    assert one.allowed()[tokenizer.encode("b")[0]]
    assert two.allowed()[tokenizer.encode("d")[0]]
    assert not two.allowed()[tokenizer.encode("b")[0]]


# ---------------------------------------------------------------- what is refused


WRONG = [
    (dict(regex="[가-나"), "regex: cannot be followed:.*unclosed"),
    (dict(regex=""), "regex: must be a text"),
    (dict(regex="\ud800"), "surrogates not allowed"),
    (dict(grammar="start: nothing"), "unknown name"),
    (dict(grammar='start: "a" <EOS>'), "unknown special token"),
    (dict(grammar="아무 말"), "grammar: cannot be followed"),
    (dict(grammar="start: " + "(" * 9000 + '"a"' + ")" * 9000), "too deeply nested"),
    (dict(grammar="root ::= " + "(" * 9000 + '"a"' + ")" * 9000), "grammar: cannot be followed"),
    (dict(grammar="start: start"), "grammar: cannot be followed"),
    (dict(json_schema={"type": "무엇"}), "json_schema: cannot be followed: .*type"),
    (dict(json_schema="{"), "json_schema: cannot be followed: Expecting"),
    (dict(json_schema="[]"), "not a JSON object"),
    (dict(json_schema=True), "not a JSON object"),
    (dict(json_schema={"type": {1, 2}}), "not JSON serializable"),
    (dict(json_schema={"minimum": float("nan")}), "json_schema: cannot be followed"),
    (dict(json_schema={"type": "array", "uniqueItems": True}), "uniqueItems"),
    (dict(json_schema={"$ref": "#"}), "json_schema: cannot be followed"),
    (dict(json_schema={"$ref": "https://example.org/x.json"}), "json_schema: cannot be followed"),
    (dict(json_schema='{"a":' * 50_000), "json_schema: cannot be followed|characters"),
    (dict(json_schema={"type": "string", "pattern": "("}), "json_schema: cannot be followed"),
    (dict(choices=["\ud800"]), "surrogates not allowed"),
    (dict(), "give one of choices, regex"),
    (dict(choices=["가"], regex="가"), r"got choices \+ regex"),
]


@pytest.mark.parametrize(("asked", "message"), WRONG)
def test_what_cannot_be_followed_is_said_at_once(asked: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        constraint_of(trained(), [3], **asked)
    assert len(str(caught.value)) < 600


LARGE = [
    dict(choices=["가" * 300_000]),
    dict(regex="a" * 300_000),
    dict(json_schema={"enum": ["가" * 300_000]}),
]


@pytest.mark.parametrize("asked", LARGE)
def test_what_is_too_long_is_refused(asked: dict) -> None:
    with pytest.raises(ConfigError, match="200000 is the most"):
        constraint_of(trained(), [3], **asked)


PATHOLOGICAL = [
    dict(regex="((a{1000}){1000}){1000}"),
    dict(regex="(a?){2000}a{2000}"),
    dict(grammar='start: ("a"{1000}){1000}'),
    dict(
        json_schema={
            "allOf": [
                {"anyOf": [{"properties": {f"k{i}{j}": {}}, "required": [f"k{i}{j}"]}
                           for j in range(8)]}
                for i in range(8)
            ]
        }
    ),
]  # fmt: skip


@pytest.mark.parametrize("asked", PATHOLOGICAL)
def test_what_grows_without_bound_is_refused_before_long(asked: dict) -> None:
    with pytest.raises(ConfigError, match="cannot be followed"):
        constraint_of(trained(), [3], **asked)


def first(constraint: Grammar) -> int:
    return int(constraint.allowed().nonzero()[0])


def test_letters_that_become_syllables_are_refused() -> None:
    with pytest.raises(TokenizerError, match="depends on its neighbours"):
        constraint_of(trained("jamo"), [3], choices=["가"])


def test_a_vocabulary_that_cannot_go_on_is_said() -> None:
    tokenizer = Tokenizer.train(TokenizerConfig(kind="char", vocab_size=30), ["친구를 기다렸다."])
    with pytest.raises(ConfigError, match="no token of this vocabulary"):
        constraint_of(tokenizer, [3], json_schema={})


def test_random_grammars_never_break_anything() -> None:
    draw = random.Random(0)
    alphabet = 'start:|()[]{}"ab가/\\*+?.,<>@%\n ::=root#$&'
    tokenizer = trained()
    for _ in range(150):
        text = "".join(draw.choice(alphabet) for _ in range(draw.randrange(1, 30)))
        for asked in (dict(grammar="start: " + text), dict(grammar=text), dict(regex=text)):
            try:
                constraint = constraint_of(tokenizer, [3], **asked)
                constraint.take(first(constraint))
            except ConfigError as error:
                assert str(error)
