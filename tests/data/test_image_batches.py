"""Batches of pictures: all of them, seeded, the same after a stop, in [-1, 1]."""

from itertools import islice

import numpy as np
import pytest
import torch

from jium.data.image_augment import Augment
from jium.data.image_batches import ImageBatches, as_pixels, as_tensor
from jium.data.image_store import Picture, Pictures


def made(n=23, shapes=((4, 4),), captions=("개", "a dog"), **labels):
    rng = np.random.default_rng(0)
    sides = [shapes[i % len(shapes)] for i in range(n)]
    return Pictures.hold(
        Picture(rng.integers(0, 256, (h, w, 3), np.uint8), captions, labels) for h, w in sides
    )


def letters(captions):
    """An id a letter, and one more that ends every caption."""
    return [[*(ord(letter) % 1000 for letter in caption), 1] for caption in captions]


def test_pixels_survive_the_way_to_a_tensor_and_back_and_fill_minus_one_to_one():
    pixels = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    tensor = as_tensor(pixels)
    assert tensor.shape == (1, 3, 16, 16) and tensor.dtype == torch.float32
    assert (tensor.min(), tensor.max()) == (-1, 1)
    assert (as_pixels(tensor) == pixels).all()
    assert as_pixels(torch.full((1, 3, 2, 2), 7.0)).max() == 255


def test_an_epoch_has_every_picture_once_in_another_order_each_time():
    batches = iter(ImageBatches(made(), 5, seed=3))
    epochs = [np.concatenate([next(batches).rows for _ in range(5)]) for _ in range(2)]
    for rows in epochs:
        assert sorted(rows) == list(range(23))
    assert list(epochs[0]) != list(epochs[1])


@pytest.mark.parametrize("stop", [1, 4, 5, 7])
def test_going_on_gives_the_batches_that_would_have_come(stop):
    augment = Augment(flip="safe", shift=0.3, light=0.2)

    def begin():
        return ImageBatches(made(), 5, seed=3, encode=letters, augment=augment)

    whole = list(islice(begin(), 12))
    later = begin()
    later.go_on(list(whole[stop - 1].after))
    for one, other in zip(whole[stop:], islice(later, 12 - stop), strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.tokens, other.tokens)
        assert one.after == other.after


def test_another_seed_gives_other_batches():
    one, other = (next(iter(ImageBatches(made(), 5, seed=seed))) for seed in (0, 1))
    assert one.rows.tolist() != other.rows.tolist()


def test_a_batch_holds_one_shape_and_the_right_pictures():
    pictures = made(shapes=((4, 4), (4, 8)))
    for batch in islice(ImageBatches(pictures, 5), 6):
        for image, row in zip(batch.images, batch.rows, strict=True):
            assert (as_pixels(image[None])[0] == pictures.image(row)).all()


def test_captions_take_turns_and_stand_packed_as_their_layout_says():
    batch = next(iter(ImageBatches(made(), 20, encode=letters)))
    assert set(batch.captions) == {"개", "a dog"}
    ids = [id for one in letters(batch.captions) for id in one]
    assert batch.tokens.tolist() == ids
    assert batch.layout.lengths == [len(one) for one in letters(batch.captions)]


def test_once_gives_every_picture_unchanged_and_the_same_captions_each_time():
    batches = ImageBatches(made(), 5, encode=letters, augment=Augment(flip="safe", light=0.5))
    first, second = list(batches.once()), list(batches.once())
    assert [b.captions for b in first] == [b.captions for b in second]
    assert set(first[0].captions) == {"개", "a dog"}
    pictures = batches.pictures
    for batch in first:
        assert (as_pixels(batch.images) == pictures.images(batch.rows)).all()
    assert sum(len(batch) for batch in first) == 23
    assert sum(len(batch) for batch in batches.once(most=7)) == 7


def test_a_picture_without_captions_has_the_empty_one():
    batch = next(iter(ImageBatches(made(captions=()), 4, encode=letters)))
    assert batch.captions == ("",) * 4
    assert batch.layout.lengths == [1] * 4


def test_without_an_encoder_no_caption_is_read():
    batch = next(iter(ImageBatches(made(), 4)))
    assert (batch.tokens, batch.layout, batch.captions) == (None, None, ())


def test_a_mirrored_picture_has_the_class_of_the_other_side():
    rng = np.random.default_rng(0)
    pictures = Pictures.hold(
        Picture(rng.integers(0, 256, (4, 4, 3), np.uint8), (f"{side} 쪽",), {"side": side})
        for side in ("left of", "right of") * 8
    )
    batches = ImageBatches(pictures, 16, encode=letters, augment=Augment(flip="swap"))
    batch = next(iter(batches))
    flipped = 0
    for image, row, side, caption in zip(
        as_pixels(batch.images), batch.rows, batch.labels["side"], batch.captions, strict=True
    ):
        changed = not (image == pictures.image(row)).all()
        flipped += changed
        assert (int(side) != pictures.labels["side"][row]) == changed
        assert caption == f"{pictures.names['side'][side]} 쪽"
    assert 0 < flipped < 16


def test_a_side_without_a_class_for_the_other_keeps_the_picture():
    pictures = made(side="left of")
    batch = next(iter(ImageBatches(pictures, 23, augment=Augment(flip="swap"))))
    assert (as_pixels(batch.images) == pictures.images(batch.rows)).all()


def test_labels_of_the_store_are_never_written_over():
    pictures = Pictures.hold(
        Picture(np.zeros((2, 2, 3), np.uint8), (), {"side": side}) for side in ("left", "right")
    )
    for _ in islice(ImageBatches(pictures, 2, augment=Augment(flip="swap")), 5):
        pass
    assert pictures.labels["side"].tolist() == [0, 1]


def test_a_batch_that_broke_a_step_can_be_kept():
    kept = next(iter(ImageBatches(made(), 4, encode=letters))).tensors()
    assert set(kept) == {"images", "rows", "tokens", "lengths"}
