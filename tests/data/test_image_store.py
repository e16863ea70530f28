"""What is put into a store of pictures comes out of it."""

import numpy as np
import pytest

from jium.data.image_store import Picture, Pictures, PictureWriter, names_of
from jium.errors import DataError

RNG = np.random.default_rng(0)


def picture(height=8, width=8, captions=(), **labels):
    return Picture(RNG.integers(0, 256, (height, width, 3), np.uint8), captions, labels)


MIXED = [
    picture(8, 8, ("고양이", "a cat"), kind="cat", grade="10"),
    picture(8, 16, ("a\ndog",), kind="dog", grade="9"),
    picture(8, 8, (), grade="2"),
    picture(8, 16, ("넷",), kind="cat"),
]


@pytest.fixture(params=["disk", "memory"])
def pictures(request, tmp_path):
    if request.param == "memory":
        return Pictures.hold(MIXED)
    with PictureWriter(tmp_path) as writer:
        for one in MIXED:
            writer.add(one)
    writer.finish(names_of(writer.labels), {"broken": 3})
    return Pictures.load(tmp_path)


def test_every_picture_comes_back_with_its_captions_and_classes(pictures):
    assert len(pictures) == 4
    for row, one in enumerate(MIXED):
        assert (pictures.image(row) == one.image).all()
        assert pictures.captions(row) == list(one.captions)
        assert pictures.named(row) == one.labels


def test_pictures_of_one_shape_come_together(pictures):
    assert pictures.shapes == [(8, 8), (8, 16)]
    assert pictures.rows(1).tolist() == [1, 3]
    together = pictures.images([3, 1])
    assert (together[0] == MIXED[3].image).all() and (together[1] == MIXED[1].image).all()


def test_classes_that_are_numbers_stand_in_the_order_of_numbers_and_none_is_minus_one(pictures):
    assert pictures.names == {"kind": ["cat", "dog"], "grade": ["2", "9", "10"]}
    assert pictures.labels["grade"].tolist() == [2, 1, 0, -1]
    assert pictures.labels["kind"].tolist() == [0, 1, -1, 0]


def test_a_class_that_is_not_known_is_minus_one(tmp_path):
    with PictureWriter(tmp_path) as writer:
        writer.add(picture(kind="owl"))
    writer.finish({"kind": ["cat"]}, {})
    assert Pictures.load(tmp_path).labels["kind"].tolist() == [-1]


def test_an_empty_store_is_a_store(tmp_path):
    with PictureWriter(tmp_path) as writer:
        pass
    writer.finish({"kind": ["cat"]}, {"broken": 1})
    empty = Pictures.load(tmp_path)
    assert (len(empty), empty.shapes, empty.dropped) == (0, [], {"broken": 1})


def test_a_store_that_was_cut_short_is_no_store(tmp_path):
    with PictureWriter(tmp_path) as writer:
        writer.add(picture())
    with pytest.raises(DataError, match="holds no prepared pictures"):
        Pictures.load(tmp_path)
    writer.finish({}, {})
    (tmp_path / "pixels-8x8.bin").write_bytes(b"short")
    with pytest.raises(DataError, match="holds no prepared pictures"):
        Pictures.load(tmp_path)
