"""Rank files: the ids of cl100k, and what Korean costs."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jium.errors import TokenizerError
from jium.text import tiktoken
from jium.text.pieces import BYTE_CHARACTERS
from jium.text.special import find_roles
from jium.text.tokenizer import Tokenizer

ENGLISH, KOREAN = "I love my dog", "코로나가 심하다"
ENGLISH_IDS = [40, 3021, 856, 5679]
KOREAN_IDS = [168, 66391, 17835, 61415, 20565, 30027, 105, 16582, 13447]


def ranks() -> dict[bytes, int]:
    """A small table made for this test: the bytes in cl100k's order, the tokens of the Figures at
    their ids, and steps towards them at ids of no meaning."""
    printable = [b for b in range(256) if BYTE_CHARACTERS[b] == chr(b)]
    order = printable + [b for b in range(256) if b not in printable]
    table = {bytes([byte]): rank for rank, byte in enumerate(order)}
    steps = [b" l", b"ov", b"ove", b" m", b" d", b"og", b"\xeb\xa1", b"\xeb\x82", b"\xea\xb0"]
    steps += [b" \xec", b"\xed\x95", b"\xeb\x8b"]
    table |= {step: 300 + number for number, step in enumerate(steps)}
    tokens = [b" love", b" my", b" dog", b"\xbd\x94", *(c.encode() for c in "로나가")]
    tokens += [b" \xec\x8b", "하".encode(), "다".encode()]
    ids = [*ENGLISH_IDS[1:], 66391, 17835, 61415, 20565, 30027, 16582, 13447]
    return table | dict(zip(tokens, ids, strict=True))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("ranks") / "small.tiktoken"
    lines = (f"{base64.b64encode(token).decode()} {rank}\n" for token, rank in ranks().items())
    file.write_text("".join(lines))
    return file


def test_cl100k_ids_of_the_figures(path):
    tokenizer = Tokenizer.load(path)
    assert tokenizer.encode(ENGLISH) == ENGLISH_IDS
    assert tokenizer.encode(KOREAN) == KOREAN_IDS
    assert tokenizer.decode_batch([ENGLISH_IDS, KOREAN_IDS]) == [ENGLISH, KOREAN]
    assert len(KOREAN.encode()) == 22
    assert tokenizer.tokens(KOREAN)[0] == "<0xEC>" and tokenizer.tokens(KOREAN)[6] == "<0xAC>"
    assert tokenizer.vocab_size == 66392


def test_korean_costs_nine_fourths_of_english(path):
    tokenizer = Tokenizer.load(path)
    texts = {"en": ENGLISH, "ko": KOREAN}
    counted = {name: (text, len(tokenizer.encode(text))) for name, text in texts.items()}
    english, korean = tiktoken.costs(counted, price_per_million=10.0)
    assert (english.ratio, korean.ratio) == (1.0, 9 / 4)
    assert (korean.characters, korean.bytes, korean.tokens) == (8, 22, 9)
    assert korean.price == pytest.approx(9e-5)


@given(
    st.text(
        st.one_of(
            st.sampled_from("I love my dog코로나가심하다 \n1'"),
            st.characters(exclude_categories=["Cs"]),
        )
    )
)
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("pattern", [tiktoken.GPT2, tiktoken.CL100K, tiktoken.O200K])
def test_ids_equal_those_of_tiktoken(pattern, text):
    library = pytest.importorskip("tiktoken")
    reference = library.Encoding(
        "small", pat_str=pattern, mergeable_ranks=ranks(), special_tokens={}
    )
    backend = tiktoken.build(ranks(), pattern, {})
    ours = Tokenizer(backend, "bpe", find_roles(backend, {}))
    assert ours.encode(text) == reference.encode(text)


def test_a_known_length_brings_its_special_token(tmp_path):
    table = {bytes([byte]): byte for byte in range(256)}
    pairs = [bytes([a, b]) for a in range(256) for b in range(256)][: 50_256 - 256]
    table |= {pair: 256 + number for number, pair in enumerate(pairs)}
    file = tmp_path / "gpt2.tiktoken"
    file.write_text("".join(f"{base64.b64encode(t).decode()} {r}\n" for t, r in table.items()))
    tokenizer = Tokenizer.load(file)
    assert tokenizer.eos_id == tokenizer.token_id("<|endoftext|>") == 50_256
    assert tokenizer.special_tokens == ["<|endoftext|>"]
    assert tokenizer.decode([50_256, *tokenizer.encode("<|endoftext|>")]) == "<|endoftext|>"


def test_a_file_without_all_bytes_is_refused(tmp_path):
    (tmp_path / "x.tiktoken").write_text(f"{base64.b64encode(b'a').decode()} 0\n")
    with pytest.raises(TokenizerError, match="255 of the 256 bytes have no rank"):
        Tokenizer.load(tmp_path / "x.tiktoken")
