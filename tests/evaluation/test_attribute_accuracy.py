"""What captions ask for, and how often it is right, counted by hand."""

from random import Random

import numpy as np
import pytest

from jium.data.scenes import attributes, captions, scenes
from jium.evaluation.attribute_accuracy import (
    accuracy,
    accuracy_scores,
    asked_of,
    by_attribute,
    right_of,
)

ASKED = [
    {"subject": "dog", "colour": "red"},
    {"subject": "cat"},
    {"subject": "dog", "setting": "sea"},
    {},
]
SAID = [
    {"subject": "dog", "colour": "blue", "setting": "none"},
    {"subject": "cat", "colour": "blue", "setting": "sea"},
    {"subject": "cat", "colour": "blue", "setting": "sea"},
    {"subject": "cat", "colour": "blue", "setting": "sea"},
]


def test_only_what_a_caption_says_is_asked_for():
    assert asked_of("우주에 있는 개") == {"subject": "dog", "count": "one", "setting": "space"}
    assert asked_of("two red cats") == {"subject": "cat", "colour": "red", "count": "two"}
    assert asked_of("") == {}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_is_asked_for_is_true_of_the_scene_and_never_that_there_is_nothing(language):
    for number, scene in enumerate(scenes(50, seed=5, split="unseen")):
        asked, truth = asked_of(captions(scene, language, Random(number))), attributes(scene)
        assert asked.items() <= truth.items() and asked
        assert "none" not in asked.values()


def test_what_was_not_asked_for_counts_for_nothing():
    right = right_of(SAID, ASKED)
    np.testing.assert_array_equal(right["subject"], [1, 1, 0, np.nan])
    np.testing.assert_array_equal(right["colour"], [0, np.nan, np.nan, np.nan])
    assert accuracy(SAID, ASKED) == pytest.approx(100 * 3 / 5)
    assert np.isnan(accuracy(SAID[3:], ASKED[3:]))


def test_scores_are_counted_over_attributes_and_over_pictures():
    languages = ["ko", "ko", "en", "en"]
    scores = {s.name: s for s in accuracy_scores(SAID, ASKED, languages, "x", samples=50)}
    assert scores["accuracy"].value == pytest.approx(60)
    assert scores["accuracy_ko"].value == pytest.approx(200 / 3)
    assert scores["accuracy_en"].value == pytest.approx(50)
    assert scores["all_right"].value == pytest.approx(100 / 3)  # the cat of three pictures
    assert scores["subject"].value == pytest.approx(200 / 3)
    assert scores["accuracy"].interval.low <= 60 <= scores["accuracy"].interval.high
    tags = by_attribute(SAID, ASKED, languages)
    assert tags["ko"] == {"subject": 100, "colour": 0}
    assert tags["en"] == {"subject": 0, "setting": 100}


def test_the_truth_is_all_right():
    truth = [attributes(scene) for scene in scenes(30, seed=1, split="test")]
    rng = Random(0)
    asked = [asked_of(captions(scene, "ko", rng)) for scene in scenes(30, seed=1, split="test")]
    scores = accuracy_scores(truth, asked, ["ko"] * 30, "x", samples=20)
    assert {score.value for score in scores} == {100.0}


def judged(n: int, twice: bool) -> tuple[list, list, list[str], list[int]]:
    """Scenes of which half are right, drawn in two languages: just as well in both, or not."""
    rng = np.random.default_rng(0)
    ko = rng.permutation(np.arange(n) % 2)
    en = ko if twice else rng.permutation(ko)
    said = [{"subject": "dog" if right else "cat"} for right in [*ko, *en]]
    return said, [{"subject": "dog"}] * 2 * n, ["ko"] * n + ["en"] * n, [*range(n), *range(n)]


def width(score) -> float:
    return score.interval.high - score.interval.low


def test_pictures_of_one_scene_that_err_alike_are_no_more_evidence_than_one_of_them():
    said, asked, languages, rows = judged(100, twice=True)
    wide = {s.name: s for s in accuracy_scores(said, asked, languages, "x", 400, rows)}
    narrow = {s.name: s for s in accuracy_scores(said, asked, languages, "x", 400)}
    for name in ("accuracy", "all_right", "subject"):
        assert wide[name].value == narrow[name].value == 50
        assert width(wide[name]) == pytest.approx(2**0.5 * width(narrow[name]), rel=0.2)
    assert width(wide["accuracy"]) == pytest.approx(width(wide["accuracy_ko"]), rel=0.2)
    assert width(wide["accuracy_ko"]) == width(narrow["accuracy_ko"])  # a scene occurs once there


def test_pictures_of_one_scene_that_err_each_on_its_own_are_as_good_as_of_many():
    said, asked, languages, rows = judged(100, twice=False)
    wide, narrow = (accuracy_scores(said, asked, languages, "x", 400, of)[0] for of in (rows, None))
    assert width(wide) == pytest.approx(width(narrow), rel=0.2)


def test_several_seeds_of_a_caption_are_resampled_together_in_their_language_too():
    said = [{"subject": "dog" if number % 2 else "cat"} for number in range(40) for _ in range(5)]
    asked, rows = [{"subject": "dog"}] * 200, [number for number in range(40) for _ in range(5)]
    languages = ["ko" if row < 20 else "en" for row in rows]
    wide, narrow = (
        {s.name: s for s in accuracy_scores(said, asked, languages, "x", 400, of)}
        for of in (rows, None)
    )
    for name in ("accuracy", "accuracy_ko", "all_right_en"):
        assert width(wide[name]) == pytest.approx(5**0.5 * width(narrow[name]), rel=0.25)


def test_what_few_captions_ask_for_is_resampled_among_those_alone():
    asked = [{"subject": "dog", "colour": "red"}] * 2 + [{"subject": "dog"}] * 98
    scores = {s.name: s for s in accuracy_scores(asked, asked, ["ko"] * 100, "x", 200)}
    assert (scores["colour"].interval.low, scores["colour"].interval.high) == (100, 100)
