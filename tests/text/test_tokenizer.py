"""What every kind of tokenizer promises."""

import functools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jium.config import build
from jium.errors import ConfigError, TokenizerError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SUBWORD = ("bpe", "wordpiece", "unigram", "morpheme", "jamo")
KINDS = (*SUBWORD, "word", "char")
SIZES = dict(bpe=430, wordpiece=690, unigram=355, morpheme=400, jamo=450, word=400, char=400)

NOUNS = [
    "학교",
    "나무",
    "바다",
    "사람",
    "고양이",
    "도서관",
    "친구",
    "아침",
    "커피",
    "음악",
    "기차",
    "하늘",
]
VERBS = [
    "간다",
    "좋아한다",
    "보았다",
    "찾는다",
    "기다렸다",
    "만들었다",
    "그렸다",
    "웃었다",
    "걸었다",
]
CORPUS = [
    f"{noun}에서 {other}가 {VERBS[(i + j) % 9]}. The {i} books, walking!"
    for i, noun in enumerate(NOUNS)
    for j, other in enumerate(NOUNS)
]

HARD = [
    *("", " ", "  두  칸 ", "\n줄\r\n바꿈\t", "## ##a #b ###", "\x00\x01\x7f\u200b\ufeff"),
    *("▁밑줄 <PAD> <EOS> <0xEC> <2en>", "😀👨\u200d👩\u200d👧", "①Ａﬀ İ ß", "가\u11a8"),
    *("e\u0301 \u1112\u1161\u11ab \u11a8 \x10\x10\u1100", "a" * 300, "뷁" * 100),
]


@functools.cache
def trained(kind: str, **options) -> Tokenizer:
    values = {"kind": kind, "vocab_size": SIZES[kind], "special_tokens": ["<2en>"], **options}
    return Tokenizer.train(TokenizerConfig(**values), CORPUS)


@functools.cache
def wordpiece_with_spaces() -> Tokenizer:
    return trained("wordpiece", mark="▁", vocab_size=420)


def each_subword() -> list[Tokenizer]:
    return [*map(trained, SUBWORD), wordpiece_with_spaces()]


@pytest.mark.parametrize("kind", SUBWORD)
@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_text_comes_back_exactly(kind, text):
    tokenizer = trained(kind)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert min(ids, default=5) >= 5  # no special token and no unknown was made


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=150, deadline=None)
def test_any_text_comes_back_exactly_and_nothing_is_unknown(text):
    for tokenizer in each_subword():
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert min(ids, default=5) >= 5


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
@settings(max_examples=80, deadline=None)
def test_offsets_are_spans_in_order_that_leave_nothing_out(text):
    for tokenizer in (*each_subword(), trained("word"), trained("char")):
        spans = tokenizer.offsets(text)
        assert len(spans) == len(tokenizer.encode(text))
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans, key=lambda span: span[0])
        assert {place for span in spans for place in range(*span)} == set(range(len(text)))


@pytest.mark.parametrize("kind", KINDS)
def test_vocabulary_begins_with_the_special_tokens(kind):
    tokenizer = trained(kind)
    ids = (tokenizer.pad_id, tokenizer.unk_id, tokenizer.start_id, tokenizer.eos_id)
    assert ids == (0, 1, 2, 3)
    assert tokenizer.special_tokens == ["<PAD>", "<UNK>", "<START>", "<EOS>", "<2en>"]
    assert tokenizer.token_id("<2en>") == 4
    assert tokenizer.decode([2, *tokenizer.encode("학교에서"), 3, 0, 4]) == "학교에서"


@pytest.mark.parametrize("kind", KINDS)
def test_batch_equals_one_by_one(kind):
    tokenizer = trained(kind)
    texts = [*CORPUS[:5], *HARD]
    batch = tokenizer.encode_batch(texts)
    assert batch == [tokenizer.encode(text) for text in texts]
    assert tokenizer.decode_batch(batch) == [tokenizer.decode(ids) for ids in batch]


@pytest.mark.parametrize("kind", SUBWORD)
def test_subword_vocabulary_has_exactly_the_size_asked_for(kind):
    tokenizer = trained(kind)
    assert tokenizer.vocab_size == SIZES[kind] == tokenizer.backend.get_vocab_size()


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_are_readable_and_found_again(kind):
    tokenizer = trained(kind)
    text = CORPUS[1]
    shown = tokenizer.tokens(text)
    if kind != "jamo":  # whose pieces may be parts of a syllable
        whole = "".join(piece.removeprefix("##") for piece in shown)
        assert whole.removeprefix("▁") == text.replace(" ", "▁")
    assert [tokenizer.token_id(piece) for piece in shown] == tokenizer.encode(text)
    assert tokenizer.token_id("no such piece") is None


def test_a_word_is_found_without_the_mark_of_its_space():
    tokenizer = trained("word")
    assert (
        tokenizer.token_id("고양이가")
        == tokenizer.token_id("▁고양이가")
        == tokenizer.encode("고양이가")[0]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded_it_is_the_same(kind, tmp_path):
    tokenizer = trained(kind)
    tokenizer.save(tmp_path)
    for path in (tmp_path, tmp_path / "tokenizer.json"):
        again = Tokenizer.load(path)
        assert (again.kind, again.roles, again.vocab_size) == (
            kind,
            tokenizer.roles,
            tokenizer.vocab_size,
        )
        assert again.special_tokens == tokenizer.special_tokens
        assert again.encode_batch(HARD) == tokenizer.encode_batch(HARD)
        assert again.tokens(CORPUS[0]) == tokenizer.tokens(CORPUS[0])


def test_saving_again_keeps_what_others_wrote_in_the_config(tmp_path):
    trained("bpe").save(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"chat_template": "{{x}}"}))
    Tokenizer.load(tmp_path).save(tmp_path / "again")
    assert (
        json.loads((tmp_path / "again" / path.name).read_text("utf-8"))["chat_template"] == "{{x}}"
    )


@pytest.mark.parametrize("kind", ["bpe", "wordpiece", "unigram", "word", "char"])
def test_transformers_opens_the_folder_with_equal_ids(kind, tmp_path):
    transformers = pytest.importorskip("transformers")
    tokenizer = trained(kind)
    tokenizer.save(tmp_path)
    other = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in (*CORPUS[::50], *HARD):
        assert other(text, add_special_tokens=False)["input_ids"] == tokenizer.encode(text)
        assert other.decode(tokenizer.encode(text), skip_special_tokens=True) == tokenizer.decode(
            tokenizer.encode(text)
        )
    assert (other.pad_token_id, other.bos_token_id, other.eos_token_id) == (0, 2, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_lower_case_is_the_only_change_and_only_on_request(kind):
    tokenizer = trained(kind, lowercase=True)
    assert tokenizer.encode("The BOOKS") == tokenizer.encode("the books")
    if kind in SUBWORD:
        assert tokenizer.decode(tokenizer.encode("A  바다 É")) == "a  바다 é"


@pytest.mark.parametrize("kind", SUBWORD)
def test_a_vocabulary_the_texts_cannot_support_is_refused_with_the_largest_that_they_can(kind):
    settings = TokenizerConfig(kind=kind, vocab_size=20_000)
    with pytest.raises(TokenizerError, match="20000 is larger than the texts support") as refusal:
        Tokenizer.train(settings, CORPUS[:50])
    most = refusal.value.values["most"]
    assert (
        Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=most), CORPUS[:50]).vocab_size == most
    )


@pytest.mark.parametrize("kind", KINDS)
def test_training_twice_gives_the_same_vocabulary(kind):
    settings = TokenizerConfig(kind=kind, vocab_size=SIZES[kind], special_tokens=["<2en>"])
    again = Tokenizer.train(settings, CORPUS)
    assert json.loads(again.backend.to_str()) == json.loads(trained(kind).backend.to_str())


@pytest.mark.parametrize("kind", ["word", "char"])
def test_word_and_character_vocabularies_may_stay_smaller(kind):
    tokenizer = Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=20_000), ["가 나 다"])
    assert tokenizer.vocab_size < 20
    assert tokenizer.unk_id in tokenizer.encode("라")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], ["", " \n"]])
def test_no_text_is_an_error(kind, texts):
    with pytest.raises(TokenizerError, match="There is no text to learn"):
        Tokenizer.train(TokenizerConfig(kind=kind), texts)


def test_a_generator_of_texts_is_read_once():
    settings = TokenizerConfig(vocab_size=300)
    assert Tokenizer.train(settings, (text for text in CORPUS)).encode("바다") == Tokenizer.train(
        settings, CORPUS
    ).encode("바다")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "bpe", "vocab_size": 100}, "vocab_size: bpe needs 260 or more"),
        ({"kind": "wordpiece", "vocab_size": 300}, "vocab_size: wordpiece needs 516 or more"),
        ({"special_tokens": ["user"]}, "special_tokens: each must be a new name"),
        ({"special_tokens": ["<PAD>"]}, "special_tokens: each must be a new name"),
        ({"special_tokens": ["<-->"]}, "special_tokens: each must be a new name"),
        ({"min_frequency": 0}, "min_frequency: must be at least 1"),
        ({"character_coverage": 0.5}, "character_coverage: must lie between"),
        ({"kind": "bpee"}, "kind"),
    ],
)
def test_impossible_settings_are_refused_by_name(values, message):
    with pytest.raises(ConfigError, match=rf"^tokenizer\.{message}"):
        build(TokenizerConfig, values, "tokenizer")


def test_half_a_character_is_named():
    with pytest.raises(TokenizerError, match=r"Text 2 holds half a character, '\\ud800', at 1"):
        trained("bpe").encode_batch(["a", "a\ud800"])


def test_a_missing_or_damaged_tokenizer_is_named(tmp_path):
    with pytest.raises(TokenizerError, match="tokenizer.json: no such tokenizer"):
        Tokenizer.load(tmp_path)
    for name, words in (
        ("tokenizer.json", "is not a tokenizer"),
        ("x.model", "is not a SentencePiece model"),
        ("x.tiktoken", "line 1: is not a token"),
    ):
        (tmp_path / name).write_text("{ broken")
        with pytest.raises(TokenizerError, match=f"{name}.*{words}"):
            Tokenizer.load(tmp_path / name)


def test_a_foreign_tokenizer_without_a_padding_token_says_so(tmp_path):
    import tokenizers

    tokenizers.Tokenizer(tokenizers.models.WordLevel({"a": 0}, "a")).save(str(tmp_path / "t.json"))
    foreign = Tokenizer.load(tmp_path / "t.json")
    assert foreign.kind == "word" and foreign.unk_id is None and foreign.encode("a") == [0]
    with pytest.raises(TokenizerError, match="names no pad_token"):
        _ = foreign.pad_id
