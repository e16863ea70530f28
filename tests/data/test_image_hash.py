"""Perceptual hashes: copies are near, other pictures are far, and no near pair is missed."""

from io import BytesIO

import numpy as np
import pytest

from jium.data.image_hash import (
    frequency_hash,
    gradient_hash,
    groups_of,
    is_flat,
    near_pairs,
    pixel_hash,
)

PIL = pytest.importorskip("PIL.Image")


def smooth(seed, size=48):
    """A picture of soft blobs, as photographs are soft."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return np.asarray(PIL.fromarray(small).resize((size, size), PIL.Resampling.BICUBIC))


def saved_anew(image, side):
    file = BytesIO()
    PIL.fromarray(image).resize((side, side)).save(file, "JPEG", quality=70)
    return np.asarray(PIL.open(file).convert("RGB"))


def bits(one, other):
    return (one ^ other).bit_count()


def test_a_copy_of_another_size_saved_anew_is_near_and_another_picture_is_far():
    for seed in range(20):
        image, other = smooth(seed), smooth(seed + 100)
        copy = saved_anew(image, 96)
        assert bits(gradient_hash(image), gradient_hash(copy)) <= 3
        assert bits(frequency_hash(image), frequency_hash(copy)) <= 8
        assert bits(gradient_hash(image), gradient_hash(other)) > 10
        assert bits(frequency_hash(image), frequency_hash(other)) > 10


def test_gradients_are_those_of_a_ramp():
    ramp = np.broadcast_to(np.arange(0, 234, 26, np.uint8)[None, :, None], (8, 9, 3)).copy()
    assert gradient_hash(ramp) == 2**64 - 1
    assert gradient_hash(ramp[:, ::-1].copy()) == 0


def test_frequencies_are_those_of_the_cosine_transform():
    fft = pytest.importorskip("scipy.fft")
    image = smooth(5, 32)
    grey = np.asarray(PIL.fromarray(image).convert("L"), np.float64)
    low = fft.dctn(grey, type=2)[:8, :8]
    wanted = low > np.median(low.ravel()[1:])
    assert frequency_hash(image) == int.from_bytes(np.packbits(wanted.ravel()).tobytes(), "big")


def test_all_near_pairs_are_found():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2**64, 30, np.uint64)
    copies = base.copy()
    for i in range(30):
        for bit in rng.permutation(64)[: i % 6]:
            copies[i] ^= np.uint64(1) << np.uint64(bit)
    every = np.concatenate([base, copies])
    found = list(near_pairs(every, np.zeros_like(every)))
    wanted = [(i, j) for i in range(60) for j in range(i) if bits(int(every[i]), int(every[j])) < 4]
    assert sorted(found) == sorted((j, i) for i, j in wanted)
    assert len(found) == 20
    assert list(near_pairs(every, every, frequency_bits=0)) == [
        (i, i + 30) for i in range(30) if i % 6 == 0
    ]


def test_more_bits_than_the_bands_can_find_are_refused():
    none = np.zeros(2, np.uint64)
    with pytest.raises(ValueError, match="gradient_bits must be 0 to 3; got 4"):
        next(near_pairs(none, none, gradient_bits=4))


def test_pictures_hang_together_by_pairs():
    assert groups_of([(0, 1), (4, 5), (1, 2), (2, 0)], 7) == [[0, 1, 2], [4, 5]]
    assert groups_of([], 3) == []


def test_one_pixel_makes_another_picture_and_the_shape_counts():
    image = smooth(1)
    changed = image.copy()
    changed[0, 0, 0] ^= 1
    assert pixel_hash(image) == pixel_hash(image.copy()) != pixel_hash(changed)
    assert pixel_hash(np.zeros((2, 8, 3), np.uint8)) != pixel_hash(np.zeros((4, 4, 3), np.uint8))


def test_one_colour_shows_nothing():
    assert is_flat(np.full((9, 9, 3), 80, np.uint8)) and not is_flat(smooth(0))
