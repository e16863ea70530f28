"""What all rankers of sentences share, and each by its own definition."""

import math
import random

import numpy as np
import pytest

from jium.config import build
from jium.errors import ConfigError
from jium.models.extraction import MOST, Lead, LeadConfig, SentenceRanker, counts, tf_idf
from jium.models.lsa import Lsa, LsaConfig
from jium.models.textrank import (
    TextRank,
    TextRankConfig,
    cosine,
    importance,
    overlap,
    rank_words,
)

HUB = [["가", "나"], ["가", "다"], ["나", "다"], ["가", "나", "다"], ["라", "마"]]


def drawn(n: int, seed: int = 0) -> list[list[str]]:
    draw = random.Random(seed)
    return [[str(draw.randrange(60)) for _ in range(draw.randrange(12))] for _ in range(n)]


def rankers() -> list[SentenceRanker]:
    cosines = TextRankConfig(similarity="cosine")
    near = LsaConfig(least=1.0, weights="tf_idf", normalise=True)
    learned = [TextRank(TextRankConfig()), TextRank(cosines), Lsa(LsaConfig()), Lsa(near)]
    return [*learned, Lead(LeadConfig())]


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("ranker", rankers())
@pytest.mark.parametrize("sentences", [[], [[]], [["가"]], [[], [], []], [["가"], ["나"]]])
def test_texts_with_hardly_a_word_have_finite_scores(ranker, sentences) -> None:
    found = ranker.scores(sentences)
    assert found.shape == (len(sentences),) and np.isfinite(found).all() and (found > 0).all()


@pytest.mark.parametrize("ranker", rankers()[:4])
def test_the_order_of_sentences_changes_no_score(ranker) -> None:
    sentences = drawn(40)
    order = np.random.default_rng(1).permutation(len(sentences))
    moved = ranker.scores([sentences[i] for i in order])
    np.testing.assert_allclose(moved, ranker.scores(sentences)[order], atol=1e-4)


@pytest.mark.parametrize("ranker", rankers()[:4])
def test_a_long_text_is_ranked_part_by_part(ranker) -> None:
    sentences = drawn(2 * MOST + 7)
    found = ranker.scores(sentences)
    parts = [ranker.scores(sentences[i : i + MOST]) for i in range(0, len(sentences), MOST)]
    np.testing.assert_array_equal(found, np.concatenate(parts))
    assert all(part.mean() == pytest.approx(1) for part in parts)


def test_early_sentences_can_count_more() -> None:
    alike = [["가", "나"]] * 4
    plain = TextRank(TextRankConfig()).scores(alike)
    early = TextRank(TextRankConfig(early=0.5)).scores(alike)
    np.testing.assert_allclose(early, plain / [1, 1.5, 2, 2.5])


def test_the_lead_falls_from_the_first_sentence_on() -> None:
    found = Lead(LeadConfig()).scores(drawn(2 * MOST))
    assert (np.diff(found) < 0).all()


@pytest.mark.parametrize(
    "config, values",
    [
        (TextRankConfig, {"n_sentences": 0}),
        (LeadConfig, {"early": -0.1}),
        (TextRankConfig, {"damping": 1.0}),
        (TextRankConfig, {"damping": -0.1}),
        (TextRankConfig, {"similarity": "dice"}),
        (LsaConfig, {"least": 0.0}),
        (LsaConfig, {"vocab_size": 3}),
    ],
)
def test_impossible_settings_are_named(config, values) -> None:
    with pytest.raises(ConfigError) as error:
        build(config, values, "model")
    assert error.value.key == f"model.{next(iter(values))}"


# ---------------------------------------------------------------- TextRank


def test_scores_solve_the_equation_of_the_paper() -> None:
    weights = overlap(counts(drawn(30)))
    np.fill_diagonal(weights, 0)
    ends = np.nonzero(weights)
    found = importance(30, np.stack(ends), weights[ends])
    passed = weights / np.where(weights.sum(1, keepdims=True) > 0, weights.sum(1, keepdims=True), 1)
    np.testing.assert_allclose(found, 0.15 + 0.85 * passed.T @ found, atol=1e-5)


def test_similarity_is_the_overlap_of_the_paper() -> None:
    one, other = ["가", "나", "다", "가"], ["나", "다", "라"]
    found = overlap(counts([one, other]))[0, 1]
    assert found == pytest.approx(2 / (math.log(4) + math.log(3)))
    assert overlap(counts([["가"], ["가"]]))[0, 1] == 0  # ln 1 + ln 1: no division


def test_cosines_are_of_vectors_of_length_one() -> None:
    found = cosine(counts(HUB))
    np.testing.assert_allclose(np.diag(found), 1)
    assert found[0, 4] == 0 < found[0, 3] < 1


@pytest.mark.parametrize("similarity", ["overlap", "cosine"])
def test_the_sentence_that_shares_most_wins_and_the_stranger_loses(similarity) -> None:
    found = TextRank(TextRankConfig(similarity=similarity)).scores(HUB)
    assert found.argmax() == 3 and found.argmin() == 4


def test_words_in_the_middle_of_things_matter_most() -> None:
    words = ["청원", "국민", "청원", "정부", "청원", "답변", "청원", "제도"]
    found = rank_words(words)
    assert found[0][0] == "청원" and {word for word, _ in found} == set(words)
    assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
    assert rank_words([]) == [] and rank_words(["가", "가"])[0][0] == "가"


def test_a_wider_window_ties_more_words() -> None:
    words = ["가", "나", "다", "라"]
    near, far = dict(rank_words(words, 2)), dict(rank_words(words, 4))
    assert near["가"] < near["나"] and far["가"] == pytest.approx(far["나"])


# ---------------------------------------------------------------- LSA


def test_over_all_topics_a_score_is_the_length_of_the_sentence() -> None:
    sentences = [sentence or ["0"] for sentence in drawn(20)]
    for weights, table in (("counts", counts(sentences)), ("tf_idf", tf_idf(counts(sentences)))):
        config = {"least": 1e-9, "weights": weights}
        found = Lsa(LsaConfig(**config)).rank(sentences)
        np.testing.assert_allclose(found, np.linalg.norm(table, axis=1))
        np.testing.assert_allclose(Lsa(LsaConfig(**config, normalise=True)).rank(sentences), 1)


def test_a_sentence_of_a_weak_topic_scores_nothing() -> None:
    found = Lsa(LsaConfig(least=1.0)).rank([["가", "나"], ["가", "나"], ["라"]])
    assert found[0] == pytest.approx(found[1]) and found[0] > 1
    assert found[2] == pytest.approx(0, abs=1e-9)
