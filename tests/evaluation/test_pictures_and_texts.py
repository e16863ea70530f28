"""Recall, exact captions and shares with intervals, against what can be counted by hand."""

from random import Random

import numpy as np
import pytest

from jium.data.image_store import Picture, Pictures
from jium.data.scenes import attributes, captions, compose, scenes
from jium.errors import DataError
from jium.evaluation.captions import evaluate_captions, exact_shares, tells
from jium.evaluation.matching import recalls_of
from jium.evaluation.picture_data import read_measured
from jium.evaluation.shares import share_scores


def test_vectors_that_agree_find_each_other():
    rows = np.eye(6, dtype=np.float32)
    found = recalls_of(rows, rows, list("abcdef"), (1, 3))
    assert all(right.all() for right in found.values())
    assert list(found) == ["picture_at_1", "picture_at_3", "text_at_1", "text_at_3"]


def test_recall_counts_the_rank_of_the_right_picture():
    images = np.eye(3, dtype=np.float32)
    texts = np.array([[0.9, 0.4, 0.1], [0.9, 0.4, 0.1], [0.9, 0.4, 0.1]], np.float32)
    found = recalls_of(images, texts, list("abc"), (1, 2, 3))
    assert found["picture_at_1"].tolist() == [True, False, False]
    assert found["picture_at_2"].tolist() == [True, True, False]
    assert found["picture_at_3"].all()


def test_vectors_that_are_all_alike_find_nothing():
    rows = np.ones((5, 4), np.float32) / 2
    assert not recalls_of(rows, rows, list("abcde"), (1,))["picture_at_1"].any()


def test_any_picture_with_the_same_words_is_right():
    images = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    texts = np.array([[0.8, 0.6], [0.8, 0.6], [0, 1]], np.float32)
    assert recalls_of(images, texts, ["a", "a", "b"], (1,))["picture_at_1"].all()
    assert recalls_of(images, texts, ["a", "c", "b"], (1,))["picture_at_1"].tolist() == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_scenes_say_in_full_is_exact_in_all_wordings(language: str):
    rng = Random(0)
    for scene in scenes(60, seed=3, split="test"):
        text = captions(scene, language, rng, full=True)
        assert tells(text, attributes(scene)) == (True, True), text


def test_a_wrong_word_is_neither_exact_nor_true_and_a_missing_one_is_true_only():
    truth = attributes(compose("dog", "red", setting="sea", style="oil"))
    whole = captions(compose("dog", "red", setting="sea", style="oil"), "en", Random(1), full=True)
    assert tells(whole, truth) == (True, True)
    assert tells(whole.replace("red", "blue"), truth) == (False, False)
    assert tells("a red dog", truth) == (False, True)
    assert tells("", truth) == (False, False)


def test_shares_are_in_percent_with_an_interval_around_them():
    scores = share_scores({"a": np.array([True] * 75 + [False] * 25)}, "x", samples=200)
    (score,) = scores
    assert score.value == 75 and score.interval is not None
    assert 60 < score.interval.low < 75 < score.interval.high < 90


def test_the_mean_is_over_attributes_of_the_same_pictures():
    right = {"a": np.array([True, True, False]), "b": np.array([True, False, False])}
    scores = {score.name: score.value for score in share_scores(right, "x", 50, mean="accuracy")}
    assert scores == pytest.approx({"accuracy": 50, "a": 200 / 3, "b": 100 / 3})


def test_nothing_cannot_be_measured():
    with pytest.raises(DataError, match="no picture to measure"):
        share_scores({"a": np.zeros(0)}, "x")


class Writer:
    """Writes the same of every picture."""

    languages = ("ko", "en")

    def __init__(self, **says: str) -> None:
        self.says = says

    def caption(self, images, *, language, beam=None):
        return [self.says[language]] * len(images)

    def language_of(self, text: str) -> str:
        return "en" if text.isascii() else "ko"


def test_a_language_counts_where_a_picture_has_a_caption_in_it():
    black = np.zeros((8, 8, 3), np.uint8)
    pictures = Pictures.hold(
        [Picture(black, ["개"]), Picture(black, ["a dog"]), Picture(black, [])]
    )
    found = evaluate_captions(Writer(ko="개", en="a cat"), pictures, samples=2)
    assert {s.name: s.value for s in found["scores"]} == {"exact_ko": 100, "exact_en": 0}
    right = exact_shares(Writer(ko="개", en="a dog"), pictures, 1)
    assert {name: found.tolist() for name, found in right.items()} == {"ko": [True]}


def test_scenes_are_told_by_their_truth_beside_pictures_that_have_none():
    scene = compose("dog", "red", setting="sea", style="oil")
    said = captions(scene, "en", Random(1), full=True)
    pictures = Pictures.hold([
        Picture(np.zeros((8, 8, 3), np.uint8), ["a photograph"]),
        Picture(np.zeros((8, 8, 3), np.uint8), ["a dog"], attributes(scene)),
    ])  # fmt: skip
    found = evaluate_captions(Writer(ko="개", en=said), pictures, samples=2)
    scores = {score.name: score.value for score in found["scores"]}
    assert scores["exact_en"] == 50 and scores["true_en"] == scores["colour_en"] == 100


def test_scenes_are_measured_on_those_that_no_training_sees():
    held, _ = read_measured(None, "scenes:6", 16)
    test, _ = read_measured(None, "scenes/test:6", 16)
    train, _ = read_measured(None, "scenes/train:6", 16)
    rows = [[p.image(row).tobytes() for row in range(6)] for p in (held, test, train)]
    assert rows[0] == rows[1] and not set(rows[0]) & set(rows[2])
