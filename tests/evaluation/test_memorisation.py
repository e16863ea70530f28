"""Planted copies are found, and what is new is not taken for one."""

import numpy as np
import pytest

from jium.data.image_store import Picture, Pictures
from jium.errors import DataError
from jium.evaluation import memorisation
from jium.evaluation.memorisation import memory, pairs, pixels


def drawn(n: int, seed: int):
    return list(np.random.default_rng(seed).integers(0, 256, (n, 6, 6, 3)).astype(np.uint8))


def held(pictures) -> Pictures:
    return Pictures.hold(Picture(picture) for picture in pictures)


TRAIN = drawn(150, 0)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch) -> None:
    monkeypatch.setattr(memorisation, "PART", 64)  # so that several occur


def test_planted_copies_are_found_with_the_row_they_come_from() -> None:
    nearly = np.clip(TRAIN[140].astype(int) + 3, 0, 255).astype(np.uint8)
    found = memory(pixels, [*drawn(8, 1), TRAIN[3], nearly], drawn(40, 2), held(TRAIN))
    assert found.copied.tolist() == [False] * 8 + [True, True]
    assert found.made.rows[8:].tolist() == [3, 140]
    assert found.made.distances[8] == 0 and 0 < found.made.distances[9] <= 3.001
    assert found.expected < 0.2


def test_new_pictures_of_one_distribution_are_near_as_often_as_training_ones_are() -> None:
    rng = np.random.default_rng(0)
    grey = [np.full((2, 2, 3), value, np.uint8) for value in rng.integers(0, 256, 400)]
    found = memory(pixels, grey[200:300], grey[300:], held(grey[:200]))
    assert abs(found.copied.mean() - found.expected) < 0.2


def test_only_so_many_training_pictures_are_looked_at() -> None:
    found = memory(pixels, TRAIN, [], held(TRAIN), most=30)
    assert (found.made.distances == 0).sum() == 30
    assert len(set(found.made.rows.tolist())) == 30


def test_a_training_picture_is_not_its_own_neighbour() -> None:
    assert memory(pixels, TRAIN[:2], [], held(TRAIN)).near > 0


def test_copies_are_found_in_data_that_is_full_of_copies_itself() -> None:
    twice = memory(pixels, [*TRAIN[:2], *drawn(3, 1)], drawn(4, 2), held([*TRAIN, *TRAIN]))
    assert twice.near == 0
    assert twice.copied.tolist() == [True, True, False, False, False]
    assert twice.expected == 0


def test_pixel_distances_are_in_shades() -> None:
    black, grey = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 7, np.uint8)
    rows = pixels([black, grey])
    assert np.linalg.norm(rows[0] - rows[1]) == pytest.approx(7)


def test_pairs_show_the_nearest_first_above_what_they_come_from() -> None:
    made = [*drawn(3, 1), TRAIN[5]]
    found = memory(pixels, made, [], held(TRAIN))
    shown = pairs(made, found.made, held(TRAIN), most=2)
    assert len(shown) == 4
    assert (np.asarray(shown[0]) == TRAIN[5]).all() and (np.asarray(shown[2]) == TRAIN[5]).all()


def test_one_training_picture_is_too_few() -> None:
    with pytest.raises(DataError, match="1 training pictures: two are needed"):
        memory(pixels, drawn(2, 1), [], held(TRAIN[:1]))
    with pytest.raises(DataError, match="1 training pictures: two are needed"):
        memory(pixels, drawn(2, 1), [], held(TRAIN), most=1)  # all would count as copied
