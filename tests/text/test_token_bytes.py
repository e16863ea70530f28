"""What each token writes, put side by side, is the text."""

import functools

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import decoders, models

from jium.errors import TokenizerError
from jium.text.sentencepiece_file import ModelFile, build
from jium.text.settings import BYTES
from jium.text.tiktoken import build as build_ranks
from jium.text.token_bytes import token_bytes
from jium.text.tokenizer import Tokenizer, TokenizerConfig

SIZES = dict(bpe=350, wordpiece=600, unigram=355, morpheme=340, jamo=360, word=60, char=60)
CORPUS = [f"학교에서 {n}번째 친구를 기다렸다. The books, {n} ##walking!" for n in range(60)]
TEXTS = [
    "",
    "친구를 기다렸다.",
    " 두  칸",
    "학교에서\n뷁 😀",
    "a ##b ▁c <0xEC> <PAD>",
    "가\u11a8 é",
]


@functools.cache
def trained(kind: str, **options) -> Tokenizer:
    size = SIZES["bpe"] if options.get("mark") else SIZES[kind]
    values = {"kind": kind, "vocab_size": size, **options}
    return Tokenizer.train(TokenizerConfig(**values), CORPUS)


def foreign(backend: tokenizers.Tokenizer, kind: str = "bpe") -> Tokenizer:
    return Tokenizer(backend, kind, {})


def written(tokenizer: Tokenizer, ids: list[int]) -> str:
    data = token_bytes(tokenizer)
    return b"".join(data[i] or b"" for i in ids).decode()


ANY_TEXT = [("bpe", {}), ("morpheme", {}), ("unigram", {}), ("wordpiece", {})]
ANY_TEXT += [("wordpiece", {"mark": "▁"})]
LEADING = [("unigram", {}), ("wordpiece", {"mark": "▁"}), ("word", {})]


@pytest.mark.parametrize(("kind", "options"), ANY_TEXT)
@pytest.mark.parametrize("text", TEXTS)
def test_the_bytes_of_its_tokens_are_the_text(kind: str, options: dict, text: str) -> None:
    tokenizer = trained(kind, **options)
    ids = tokenizer.encode(text)
    space = " " if (kind, options) in LEADING and ids else ""
    assert written(tokenizer, ids) == space + text


@given(st.lists(st.integers(0, 700), max_size=8))
@settings(max_examples=60)
def test_whatever_decode_adds_to_a_text_is_what_its_tokens_write(ids: list[int]) -> None:
    for kind in ("bpe", "unigram"):
        tokenizer = trained(kind)
        known = [i for i in ids if i < tokenizer.vocab_size and token_bytes(tokenizer)[i]]
        try:
            text = written(tokenizer, known)
        except UnicodeDecodeError:
            continue
        before = tokenizer.encode("책")
        assert tokenizer.decode(before + known) == "책" + text


@pytest.mark.parametrize("kind", ["word", "char"])
def test_words_and_characters_write_themselves(kind: str) -> None:
    tokenizer = trained(kind)
    ids = tokenizer.encode("친구를 기다렸다.")
    assert written(tokenizer, ids).removeprefix(" ") == "친구를 기다렸다."


def test_special_tokens_write_nothing() -> None:
    tokenizer = trained("bpe", special_tokens=("<2en>",))
    special = [tokenizer.token_id(token) for token in tokenizer.special_tokens]
    assert len(special) == 5
    assert all(token_bytes(tokenizer)[i] is None for i in special)
    assert sum(data is None for data in token_bytes(tokenizer)) == 5


def test_every_byte_can_be_written_by_a_subword_tokenizer() -> None:
    for kind, options in ANY_TEXT:
        found = set(token_bytes(trained(kind, **options)))
        assert {bytes([byte]) for byte in range(BYTES)} <= found


def test_a_sentencepiece_model_writes_spaces_for_its_marks() -> None:
    pieces = [("<unk>", 0.0, 2), ("</s>", 0.0, 3), ("▁가", -1.0, 1), ("나", -1.0, 1)]
    pieces += [(f"<0x{byte:02X}>", -9.0, 6) for byte in range(BYTES)]
    tokenizer = foreign(build(ModelFile(pieces, byte_fallback=True)), "unigram")
    assert written(tokenizer, tokenizer.encode("가나 가")) == " 가나 가"
    assert written(tokenizer, tokenizer.encode("뷁")).endswith("뷁")


def test_a_rank_file_writes_its_bytes() -> None:
    ranks = {bytes([byte]): byte for byte in range(BYTES)} | {"가".encode()[:2]: BYTES}
    tokenizer = foreign(build_ranks(ranks, r"\p{L}+|\s+|.", {"<|endoftext|>": BYTES + 1}))
    ids = tokenizer.encode("가 b")
    assert len(ids) == 4
    assert written(tokenizer, ids) == "가 b"
    assert token_bytes(tokenizer)[BYTES + 1] is None


def test_numbers_without_a_token_write_nothing() -> None:
    backend = tokenizers.Tokenizer(models.WordLevel({"가": 0, "나": 3}, unk_token="가"))
    backend.decoder = decoders.Fuse()
    assert token_bytes(foreign(backend, "word")) == ["가".encode(), None, None, "나".encode()]


def test_metaspace_is_a_space() -> None:
    backend = tokenizers.Tokenizer(models.WordLevel({"▁가": 0, "나": 1}, unk_token="나"))
    backend.decoder = decoders.Metaspace()
    assert token_bytes(foreign(backend)) == [" 가".encode(), "나".encode()]


@pytest.mark.parametrize(
    "decoder", [None, decoders.WordPiece(), decoders.Sequence([decoders.Strip(" ", 1, 0)])]
)
def test_a_decoder_that_looks_at_neighbours_is_refused(decoder: object) -> None:
    backend = tokenizers.Tokenizer(models.WordLevel({"가": 0}, unk_token="가"))
    if decoder is not None:
        backend.decoder = decoder
    with pytest.raises(TokenizerError, match="depends on its neighbours"):
        token_bytes(foreign(backend, "wordpiece"))


def test_letters_are_refused() -> None:
    with pytest.raises(TokenizerError, match="jamo tokenizer writes depends"):
        token_bytes(trained("jamo"))
