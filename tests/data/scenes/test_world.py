"""Which scenes there are, and which are kept from training."""

from itertools import islice

import pytest

from jium.data.scenes import ATTRIBUTES, SPLITS, TOPICS, attributes, compose, is_unseen, scenes
from jium.data.scenes.world import COLOURS, NONE, SETTINGS, STYLES, SUBJECTS, split_of
from jium.errors import DataError

N = 300


def facts(split: str, n: int = N, seed: int = 0) -> list[dict[str, str]]:
    return [attributes(scene) for scene in scenes(n, seed, split)]


def test_there_are_enough_of_everything() -> None:
    assert len(SUBJECTS) >= 16 and len(COLOURS) == 12 and len(STYLES) >= 20 and len(TOPICS) == 5
    assert {"ink", "dancheong", "minhwa"} <= set(STYLES)
    for names in ATTRIBUTES.values():
        assert len(set(names)) == len(names)


def test_the_same_seed_gives_the_same_scenes_and_another_seed_others() -> None:
    assert list(scenes(20, 3)) == list(scenes(20, 3))
    assert list(scenes(20, 3)) != list(scenes(20, 4))
    assert list(scenes(20, 3)) == list(islice(scenes(40, 3), 20))


def test_the_first_scenes_are_these_for_ever() -> None:
    first = [" ".join(attributes(scene).values()) for scene in scenes(3, 0, "train")]
    assert first == FIRST


FIRST = [
    "robot purple one none none none sea pixel",
    "robot brown one above house orange none crayon",
    "ufo sky one below apple sky none neon",
]


@pytest.mark.parametrize("split", SPLITS)
def test_attributes_are_classes_and_every_class_occurs(split: str) -> None:
    seen = facts(split, 1500)
    for name, classes in ATTRIBUTES.items():
        assert {one[name] for one in seen} == set(classes), name


def test_splits_share_no_combination() -> None:
    combinations = {split: {tuple(one.values()) for one in facts(split)} for split in SPLITS}
    for split in SPLITS:
        for other in set(SPLITS) - {split}:
            assert not combinations[split] & combinations[other]


def test_unseen_pairs_never_occur_in_the_other_splits() -> None:
    assert all(is_unseen(one) for one in facts("unseen"))
    assert not any(is_unseen(one) for split in SPLITS[:3] for one in facts(split))
    dogs = [one for split in SPLITS[:3] for one in facts(split) if one["subject"] == "dog"]
    assert dogs and all(one["setting"] != "space" for one in dogs)


def test_a_dog_in_space_is_unseen_also_as_the_other_thing() -> None:
    assert split_of(attributes(compose("dog", "brown", setting="space"))) == "unseen"
    beside = compose(
        "car", "red", relation="left", other="dog", other_colour="brown", setting="space"
    )
    assert is_unseen(attributes(beside))


def test_no_class_is_held_out_of_training_with_everything() -> None:
    for subject in SUBJECTS:
        for kind in (COLOURS, SETTINGS, STYLES):
            kept = [split_of(_pair(subject, kind, name)) != "unseen" for name in kind]
            assert sum(kept) > len(kept) / 2, subject


def _pair(subject: str, kind: list[str], name: str) -> dict[str, str]:
    """Attributes in which only this pair could be held out."""
    nothing = dict(subject=subject, colour=NONE, other=NONE, other_colour=NONE)
    nothing |= dict(setting=NONE, style=NONE)
    key = {id(COLOURS): "colour", id(SETTINGS): "setting", id(STYLES): "style"}[id(kind)]
    return nothing | {key: name}


def test_things_lie_within_the_picture_and_apart() -> None:
    for scene in scenes(N):
        for number, one in enumerate(scene.things):
            assert 0.1 < one.x < 0.9 and 0.1 < one.y < 0.9
            for other in scene.things[:number]:
                apart = max(abs(one.x - other.x), abs(one.y - other.y))
                assert apart > 0.4 * (one.size + other.size)


def test_a_relation_is_where_its_things_are_and_the_first_is_larger() -> None:
    checks = {
        "left": lambda a, b: a.x < b.x,
        "right": lambda a, b: a.x > b.x,
        "above": lambda a, b: a.y < b.y,
        "below": lambda a, b: a.y > b.y,
    }
    related = [scene for scene in scenes(N) if scene.relation != NONE]
    assert {scene.relation for scene in related} == set(checks)
    for scene in related:
        main, other = scene.things
        assert checks[scene.relation](main, other) and main.size > 1.3 * other.size
        assert scene.count == 1 and main.subject != other.subject


def test_a_composed_scene_has_the_attributes_asked_for() -> None:
    for one in facts("unseen", 60):
        assert attributes(compose(**one, seed=5)) == one


def test_composing_what_there_is_not_is_an_error() -> None:
    with pytest.raises(DataError, match="scenes have no subject 'unicorn'. Known: dog, cat"):
        compose("unicorn", "red")
    with pytest.raises(DataError, match="scenes have no split 'dev'. Known: train"):
        list(scenes(1, split="dev"))
    with pytest.raises(DataError, match="all three; got left, none, none"):
        compose("dog", "red", relation="left")
    with pytest.raises(DataError, match="got count two"):
        compose("dog", "red", count="two", relation="left", other="cat", other_colour="blue")
