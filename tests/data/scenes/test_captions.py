"""Captions tell the truth, in good Korean and English, each time in other words."""

import re
from random import Random

import numpy as np
import pytest

from jium.data.scenes import (
    ATTRIBUTES,
    Scene,
    attributes,
    captions,
    compose,
    is_unseen,
    read,
    scenes,
)
from jium.data.scenes.words import SUBJECTS
from jium.data.scenes.world import NONE, SPLITS
from jium.errors import DataError
from jium.text.particles import attach

SCENES = [scene for split in SPLITS for scene in scenes(150, 1, split)]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_full_caption_reads_back_as_all_attributes(language: str) -> None:
    rng = Random(0)
    for scene in SCENES:
        said = captions(scene, language, rng, full=True)
        assert read(said) == attributes(scene), said


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_a_caption_says_is_true_and_it_leaves_out_little(language: str) -> None:
    rng, left_out = Random(0), 0
    for scene in SCENES:
        said, truth = read(captions(scene, language, rng)), attributes(scene)
        assert said.items() <= truth.items()
        assert {"subject", "count", "relation", "other"} <= said.keys()
        left_out += len(truth.keys() - said.keys() - {"setting"})
    assert 0.1 < left_out / len(SCENES) < 0.4


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_wording_varies_and_the_same_chance_gives_the_same(language: str) -> None:
    scene, rng = compose("dog", "red", setting="space", style="ink"), Random(0)
    said = [captions(scene, language, rng) for _ in range(200)]
    assert len(set(said)) > 40
    again = Random(0)
    assert said == [captions(scene, language, again) for _ in range(200)]


def test_a_numpy_generator_serves_as_chance() -> None:
    assert captions(SCENES[0], "ko", np.random.default_rng(0))


def test_particles_follow_the_last_sound() -> None:
    rng = Random(3)
    said = [captions(scene, "ko", rng) for scene in SCENES for _ in range(4)]
    last = "|".join(word for forms in SUBJECTS.values() for word in [*forms[0], forms[1]])
    found = [match for one in said for match in re.finditer(rf"(?<!\S)({last})([이가]) ", one)]
    assert len(found) > 100 and len({match[2] for match in found}) == 2
    for match in found:
        assert match[0] == attach(match[1], "이/가") + " ", match[0]


def test_english_articles_and_plurals_are_right() -> None:
    rng = Random(4)
    said = [captions(scene, "en", rng) for scene in SCENES for _ in range(4)]
    assert any("an orange" in one for one in said) and any("butterflies" in one for one in said)
    for one in said:
        assert not re.search(r"\ba [aeio]|\ban [^aeiou]|fishs|childs|butterflys", one), one
        assert not re.search(r"\b(two|three|four) (\S+ )?(dog|cat|house|child)\b", one), one


@pytest.mark.parametrize(
    ("caption", "facts"),
    [
        ("우주에 있는 개", {"subject": "dog", "setting": "space"}),
        ("사과 세 개", {"subject": "apple", "count": "three"}),
        ("개 세 마리", {"subject": "dog", "count": "three"}),
        ("빈 배경에 흰 배 두 척", {"subject": "boat", "count": "two", "setting": "none"}),
        ("A dog in space", {"subject": "dog", "setting": "space"}),
        ("하늘색 새", {"subject": "bird", "colour": "sky"}),
        ("색종이 스타일, 집", {"subject": "house", "style": "papercut"}),
    ],
)
def test_captions_that_people_write_are_read(caption: str, facts: dict[str, str]) -> None:
    assert facts.items() <= read(caption).items()


@pytest.mark.parametrize(
    "caption",
    [
        "빨간 개 왼쪽에 있는 파란 집",
        "파란 집이 빨간 개의 왼쪽에 있다",
        "파란 집의 오른쪽에 작은 빨간 개가 있다",
        "a blue house to the left of a red dog",
        "a small red dog to the right of a blue house",
    ],
)
def test_one_relation_said_in_many_ways_is_the_same(caption: str) -> None:
    house = compose("house", "blue", relation="left", other="dog", other_colour="red")
    truth = {k: v for k, v in attributes(house).items() if k not in ("setting", "style")}
    assert read(caption) == truth


def test_a_wrong_caption_reads_as_something_else() -> None:
    assert read("파란 고양이")["subject"] != "dog"
    assert "subject" not in read("배경이 개운한 새벽") and read("") == {}
    assert read("빨간 개")["other"] == NONE


def test_what_a_model_stammers_is_read_without_an_error() -> None:
    rng = Random(7)
    for scene in SCENES[:80]:
        for language in ("ko", "en"):
            parts = captions(scene, language, rng).split()
            said = " ".join(parts[int(rng.random() * len(parts))] for _ in range(12))
            assert read(said).keys() <= attributes(scene).keys()


def test_another_language_is_an_error() -> None:
    scene: Scene = SCENES[0]
    with pytest.raises(DataError, match="scenes have no language 'fr'. Known: ko, en"):
        captions(scene, "fr", Random(0))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_caption_of_an_unseen_scene_says_what_is_unseen(language: str) -> None:
    rng = Random(0)
    for scene in scenes(200, seed=0, split="unseen"):
        said = read(captions(scene, language, rng))
        assert is_unseen({name: said.get(name, "none") for name in ATTRIBUTES})
