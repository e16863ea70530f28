"""Pictures of scenes: exact, and such that what they show can be seen."""

from random import Random

import numpy as np
import pytest

from jium.data.scenes import compose, draw, scenes
from jium.data.scenes.colours import TONES
from jium.data.scenes.materials import FILL, RIM, SLOT, THING
from jium.data.scenes.render import materials
from jium.data.scenes.settings import SETTINGS
from jium.data.scenes.styles import STYLES
from jium.data.scenes.subjects import SHAPES
from jium.data.scenes.world import COLOURS, COUNTS, SUBJECTS
from jium.data.scenes.world import SETTINGS as PLACES
from jium.data.scenes.world import STYLES as STYLE_NAMES
from jium.errors import DataError


def map_of(scene, side: int = 128) -> np.ndarray:  # type: ignore[no-untyped-def]
    return materials(scene, side, SETTINGS[scene.setting], STYLES[scene.style], Random(scene.seed))


def test_tables_hold_what_the_world_names() -> None:
    assert list(SHAPES) == SUBJECTS and list(STYLES) == STYLE_NAMES
    assert set(SETTINGS) == {"none", *PLACES} and list(TONES) == COLOURS


@pytest.mark.parametrize("size", [16, 31, 32, 64, 96])
def test_every_style_draws_at_every_size(size: int) -> None:
    for style in STYLE_NAMES:
        picture = draw(compose("dog", "red", setting="forest", style=style), size)
        assert picture.shape == (size, size, 3) and picture.dtype == np.uint8
        assert picture.std() > 20


def test_a_scene_is_always_drawn_alike_whatever_was_drawn_before() -> None:
    some = list(scenes(25, 2))
    forwards = [draw(scene, 32) for scene in some]
    backwards = [draw(scene, 32) for scene in reversed(some)][::-1]
    assert all(np.array_equal(a, b) for a, b in zip(forwards, backwards, strict=True))


def test_the_seed_changes_the_picture_but_not_what_it_shows() -> None:
    one, other = (compose("car", "blue", setting="city", seed=seed) for seed in (0, 1))
    assert not np.array_equal(draw(one, 32), draw(other, 32))


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_things_keep_their_colour_in_every_style(style: str) -> None:
    """The middle of a balloon is nearer to its own colour than to any that could be mistaken."""
    for colour in COLOURS:
        scene = compose("balloon", colour, style=style)
        picture, drawn = draw(scene, 64).astype(float), map_of(scene, 64)
        seen = np.median(picture[drawn == THING + FILL], axis=0)
        gaps = {name: np.linalg.norm(seen - tones[0]) for name, tones in TONES.items()}
        assert min(gaps, key=gaps.__getitem__) == colour, (colour, seen, gaps)


def test_styles_differ_where_the_scene_is_the_same() -> None:
    pictures = {
        style: draw(compose("dog", "red", setting="mountain", style=style), 32).astype(float)
        for style in STYLE_NAMES
    }
    for number, one in enumerate(STYLE_NAMES):
        for other in STYLE_NAMES[:number]:
            assert np.abs(pictures[one] - pictures[other]).mean() > 8, (one, other)


def test_several_things_are_as_many_islands_of_their_material() -> None:
    from scipy.ndimage import label

    for seed, n in ((seed, n) for seed in range(3) for n in (1, 2, 3, 4)):
        for subject in SUBJECTS:
            scene = compose(subject, "red", count=COUNTS[n - 1], seed=seed)
            assert label(map_of(scene) >= RIM, np.ones((3, 3)))[1] == n, scene


def test_two_things_have_materials_of_their_own() -> None:
    pair = compose("house", "blue", relation="left", other="dog", other_colour="red")
    drawn = map_of(pair)
    first = (drawn >= THING) & (drawn < THING + SLOT)
    second = drawn >= THING + SLOT
    assert first.sum() > 1.5 * second.sum() > 300
    assert np.nonzero(first)[1].mean() < np.nonzero(second)[1].mean()


def test_things_are_mostly_of_their_colour() -> None:
    for subject in SUBJECTS:
        drawn = map_of(compose(subject, "red"))
        tones = (drawn >= THING) & (drawn < THING + 4)
        assert tones.sum() > 0.4 * (drawn >= THING).sum(), subject
        assert 0.08 < (drawn >= THING).mean() < 0.6, subject


def test_the_first_pictures_are_these() -> None:
    """Coarsely, so that another Pillow may round an edge otherwise."""
    means = [round(float(draw(scene, 32).mean())) for scene in scenes(6, 0)]
    assert means == MEANS


MEANS = [150, 189, 96, 199, 130, 182]


@pytest.mark.parametrize("size", [0, 7, 4096])
def test_a_size_that_makes_no_sense_is_an_error(size: int) -> None:
    with pytest.raises(DataError, match=f"from 8 to 2048 pixels wide; got {size}"):
        draw(compose("dog", "red"), size)
