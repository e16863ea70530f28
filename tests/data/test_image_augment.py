"""A changed picture keeps true what is said of it."""

import numpy as np
import pytest

from jium.data.image_augment import Augment, Seen, lit, mirrored, other_side, says_side, shifted
from jium.errors import ConfigError

HALVES = np.zeros((4, 6, 3), np.uint8)
HALVES[:, :3] = 255


def seen(caption, **labels):
    return Seen(HALVES, caption, labels)


@pytest.mark.parametrize(
    "text, other",
    [
        ("공 왼쪽에 있는 고양이", "공 오른쪽에 있는 고양이"),
        ("A cat on the right of a ball, left alone", "A cat on the left of a ball, right alone"),
        ("Left hand", "Right hand"),
        ("우측 통행", "좌측 통행"),
        ("a bright cleft", "a bright cleft"),
    ],
)
def test_the_words_for_sides_are_exchanged_and_no_part_of_another_word(text, other):
    assert other_side(text) == other
    assert other_side(other) == text


def test_a_caption_with_a_side_keeps_its_picture_as_it_is_unless_the_words_are_swapped():
    for caption in ("왼쪽에 있는 개", "a dog to the left"):
        assert says_side([caption])
        kept = mirrored(seen(caption), swap=False)
        assert (kept.image == HALVES).all() and kept.caption == caption
        swapped = mirrored(seen(caption), swap=True)
        assert (swapped.image == HALVES[:, ::-1]).all()
        assert swapped.caption == other_side(caption)


def test_a_label_with_a_side_counts_as_words_do():
    assert (mirrored(seen("a dog", relation="left of"), swap=False).image == HALVES).all()
    swapped = mirrored(seen("a dog", relation="left of"), swap=True)
    assert swapped.labels == {"relation": "right of"}


def test_letters_and_flags_are_never_mirrored():
    for caption in ("깃발: 대한민국", "the letter R", "글자가 있는 간판"):
        assert (mirrored(seen(caption), swap=True).image == HALVES).all()


def test_what_may_be_a_side_or_no_side_is_never_mirrored():
    for caption in ("떠오른 달", "산에 오른 사람", "오른 다리를 든 새"):
        for swap in (False, True):
            kept = mirrored(seen(caption), swap=swap)
            assert (kept.image == HALVES).all() and kept.caption == caption


def test_half_of_the_pictures_are_mirrored_and_the_seed_says_which():
    augment = Augment(flip="safe")
    flips = [
        (augment(seen("개"), np.random.default_rng(n)).image != HALVES).any() for n in range(200)
    ]
    again = [
        (augment(seen("개"), np.random.default_rng(n)).image != HALVES).any() for n in range(200)
    ]
    assert flips == again
    assert 70 < sum(flips) < 130


def test_a_shift_moves_by_no_more_than_asked_and_brings_nothing_new():
    column = np.arange(10, dtype=np.uint8)
    image = np.broadcast_to(column[None, :, None], (10, 10, 3)).copy()
    moves = set()
    for number in range(60):
        moved = shifted(image, 0.2, np.random.default_rng(number))
        moves.add(int(moved[0, 4, 0]) - 4)
        assert set(np.unique(moved)) <= set(column)
    assert moves == {-2, -1, 0, 1, 2}
    assert (shifted(image[:1, :1], 0.5, np.random.default_rng(0)) == image[:1, :1]).all()


def test_other_light_changes_no_hue():
    red = np.full((4, 4, 3), (180, 40, 40), np.uint8)
    for number in range(30):
        changed = lit(red, 0.3, np.random.default_rng(number))
        assert (changed[..., 1] == changed[..., 2]).all()
        assert (changed[..., 0] > changed[..., 1]).all()


def test_nothing_is_changed_unless_asked_for():
    assert not Augment().changes
    assert (Augment()(seen("개"), np.random.default_rng(0)).image == HALVES).all()


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ConfigError, match=r"light: must be in \[0, 1\); got 1.5"):
        Augment(light=1.5)
