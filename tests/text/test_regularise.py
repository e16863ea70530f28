"""Subword regularisation: other ids, same text, same for a seed."""

import functools

import pytest

from jium.errors import TokenizerError
from jium.text.tokenizer import Tokenizer, TokenizerConfig

KINDS = ("bpe", "morpheme", "jamo")  # test_unigram.py draws from lattices
SIZES = {"bpe": 340, "morpheme": 320, "jamo": 340, "wordpiece": 580}
NOUNS = ["학교", "나무", "바다", "도서관", "친구", "아침"]
CORPUS = [
    f"{a}에서 {b}를 찾았다. Walking to {i} books!" for i, a in enumerate(NOUNS) for b in NOUNS
]
TEXTS = [*CORPUS[:30], "  새 낱말 😀\n"]


@functools.cache
def trained(kind: str) -> Tokenizer:
    return Tokenizer.train(TokenizerConfig(kind=kind, vocab_size=SIZES[kind]), CORPUS)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_changes_ids_but_not_the_text(kind):
    tokenizer = trained(kind)
    plain = tokenizer.encode_batch(TEXTS)
    dropped = tokenizer.encode_batch(TEXTS, dropout=0.5, seed=1)
    assert tokenizer.decode_batch(dropped) == TEXTS
    assert sum(a != b for a, b in zip(plain, dropped, strict=True)) > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_ids_whatever_came_before(kind):
    tokenizer = trained(kind)
    first = tokenizer.encode_batch(TEXTS, dropout=0.3, seed=1)
    assert tokenizer.encode_batch(TEXTS, dropout=0.3, seed=2) != first
    tokenizer.encode_batch(CORPUS, dropout=0.2, seed=1)
    assert tokenizer.encode_batch(TEXTS, dropout=0.3, seed=1) == first


@pytest.mark.parametrize("kind", KINDS)
def test_next_to_no_dropout_is_plain_encoding(kind):
    tokenizer = trained(kind)
    assert tokenizer.encode_batch(TEXTS, dropout=1e-12) == tokenizer.encode_batch(TEXTS)


def test_dropping_every_merge_leaves_bytes():
    tokenizer = trained("bpe")
    (ids,) = tokenizer.encode_batch(["학교 books"], dropout=1.0)
    assert len(ids) == len("학교 books".encode())


def test_dropout_shortens_nothing():
    tokenizer = trained("bpe")
    lengths = [
        sum(map(len, tokenizer.encode_batch(CORPUS, dropout=rate))) for rate in (0, 0.1, 0.5, 1)
    ]
    assert lengths == sorted(lengths) and len(set(lengths)) == 4


def test_kinds_and_rates_that_cannot_drop_are_refused():
    with pytest.raises(TokenizerError, match="this is a WordPiece"):
        trained("wordpiece").encode_batch(["a"], dropout=0.1)
    with pytest.raises(TokenizerError, match="between 0 and 1; got 2"):
        trained("bpe").encode_batch(["a"], dropout=2)
