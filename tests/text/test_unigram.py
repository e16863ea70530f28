"""Unigram: the best cut, the sum over all cuts, and agreement with SentencePiece."""

import math
from collections import Counter

import pytest

from jium.errors import TokenizerError
from jium.text import unigram
from jium.text.regularise import SMOOTHING, Regulariser
from jium.text.sentencepiece_file import ModelFile
from jium.text.settings import TokenizerConfig
from jium.text.special import ROLES
from jium.text.tokenizer import Tokenizer

TOY = {
    " a": -1.0,
    "a": -2.0,
    "b": -2.5,
    "ab": -3.0,
    " ab": -3.4,
    "ba": -2.2,
    "bab": -4.0,
    " ": -3.0,
}


def toy() -> Tokenizer:
    model = ModelFile(pieces=[(piece.replace(" ", "▁"), score, 1) for piece, score in TOY.items()])
    settings = TokenizerConfig(kind="unigram", vocab_size=4 + 256 + len(TOY))
    roles = dict(zip(ROLES, settings.all_special_tokens, strict=False))
    return Tokenizer(unigram.build(settings, model), "unigram", roles)


def all_cuts(text: str) -> list[list[str]]:
    if not text:
        return [[]]
    return [
        [text[:end], *rest]
        for end in range(1, len(text) + 1)
        if text[:end] in TOY
        for rest in all_cuts(text[end:])
    ]


def score(cut: list[str]) -> float:
    return sum(TOY[piece] for piece in cut)


@pytest.mark.parametrize("text", ["ab", "abab", "babba", "aabbaab"])
def test_the_best_cut_equals_brute_force(text):
    best = max(all_cuts(" " + text), key=score)
    assert toy().tokens(text) == [piece.replace(" ", "▁") for piece in best]


@pytest.mark.parametrize("text", ["ab", "abab", "babba"])
def test_likelihood_equals_brute_force_on_a_toy_lattice(text):
    word = " " + text
    expected = math.log(sum(math.exp(score(cut)) for cut in all_cuts(word)))
    sampling = Regulariser(toy().backend, 1.0)._cut
    assert sampling.log_likelihood(word) == pytest.approx(expected, abs=1e-9)


def test_cuts_are_drawn_in_proportion_to_their_smoothed_probability():
    import random

    tokenizer = toy()
    sampling = Regulariser(tokenizer.backend, 1.0)._cut
    rng = random.Random(0)
    drawn = Counter(tuple(sampling(" abab", rng)) for _ in range(4000))
    weights = {tuple(cut): math.exp(SMOOTHING * score(cut)) for cut in all_cuts(" abab")}
    total = sum(weights.values())
    assert len(drawn) == len(weights) > 5
    chi_square = 0.0
    for cut, weight in weights.items():
        expected = 4000 * weight / total
        ids = tuple(tokenizer.token_id(piece.replace(" ", "▁")) for piece in cut)
        chi_square += (drawn[ids] - expected) ** 2 / expected
    assert chi_square < 2.5 * len(weights)


def test_drawn_cuts_differ_but_join_to_the_same_text():
    tokenizer = toy()
    texts = ["abab babba aabbaab"] * 20
    drawn = tokenizer.encode_batch(texts, dropout=1.0, seed=0)
    assert len({tuple(ids) for ids in drawn}) > 10
    assert tokenizer.decode_batch(drawn) == texts
    assert drawn == toy().encode_batch(texts, dropout=1.0, seed=0)
    assert drawn != tokenizer.encode_batch(texts, dropout=1.0, seed=1)


def test_segmentation_agrees_with_sentencepiece(tmp_path):
    sentencepiece = pytest.importorskip("sentencepiece")
    texts = [
        f"{a}는 {b}를 좋아한다. I like {c}."
        for a in "나너봄"
        for b in ("책", "차", "꽃")
        for c in "xyz"
    ]
    common = dict(model_type="unigram", byte_fallback=True, normalization_rule_name="identity")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(tmp_path / "sp"),
        vocab_size=300,
        hard_vocab_limit=False,
        remove_extra_whitespaces=False,
        minloglevel=2,
        **common,
    )
    reference = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "sp.model"))
    from jium.text.sentencepiece_file import read_model

    model = read_model((tmp_path / "sp.model").read_bytes())
    n_pieces = len(list(model.normal_pieces()))
    settings = TokenizerConfig(kind="unigram", vocab_size=4 + 256 + n_pieces)
    roles = dict(zip(ROLES, settings.all_special_tokens, strict=False))
    ours = Tokenizer(unigram.build(settings, model), "unigram", roles)
    for text in (*texts, "나는  책! 😀뷁 like\n", " 앞", "좋아좋아 한다", "xyzzy 책은"):
        assert ours.tokens(text) == reference.encode(text, out_type=str)


def test_more_characters_than_fit_is_said_with_the_least_size():
    texts = ["".join(chr(code) for code in range(0xAC00, 0xAC00 + 400))]
    settings = TokenizerConfig(kind="unigram", vocab_size=400, character_coverage=1.0)
    with pytest.raises(TokenizerError, match="A vocabulary of 400 is too small.*vocab_size=6"):
        Tokenizer.train(settings, texts)
