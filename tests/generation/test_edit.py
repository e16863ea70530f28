"""Drawing over, into, between and beyond pictures, in a world whose pictures are known."""

from typing import Any

import pytest
import torch
from torch import Tensor

from jium.errors import ConfigError, DataError
from jium.generation.diffusion import SAMPLERS, Denoise, Draws, sample
from jium.generation.edit import (
    blended,
    by_area,
    enlarge,
    image_to_image,
    inpaint,
    lerp,
    mask_for_latent,
    slerp,
    tiled,
)
from jium.models.noise import NoiseConfig, Schedule, make_schedule

SIZE = 8
KINDS = ["linear", "cosine", "flow"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def schedule_of(kind: Any) -> Schedule:
    return make_schedule(NoiseConfig(kind=kind))


def world(schedule: Schedule, spread: float = 0.5) -> Denoise:
    """Pictures of even grey, (constant) of any brightness: the mean over the picture tells it."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        alpha, sigma = schedule.levels(time, x)
        mean = x.mean((1, 2, 3), keepdim=True)
        gain = alpha * spread**2 / (alpha**2 * spread**2 + sigma**2 / x[0].numel())
        return (gain * mean).expand_as(x)

    return denoise


def images(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape or (3, 2, SIZE, SIZE), generator=torch.Generator().manual_seed(seed))


def half() -> Tensor:
    mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[:, : SIZE // 2] = True
    return mask


# ---------------------------------------------------------------- over a picture


def test_strength_0_gives_the_picture_back():
    schedule = schedule_of("linear")
    drawn = image_to_image(world(schedule), schedule, images(), images(seed=2), strength=0.0)
    assert torch.equal(drawn, images())


@every_kind
def test_change_grows_with_strength(kind: str):
    """In the world of two greys: what is far from both comes nearer, the more the stronger."""
    schedule = schedule_of(kind)

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        alpha, sigma = schedule.levels(time, x)
        return torch.tanh(x * alpha / (alpha**2 * 0.3 + sigma**2))

    changes = []
    for strength in (0.1, 0.3, 0.5, 0.8, 1.0):
        drawn = image_to_image(denoise, schedule, images() / 2, images(seed=2), strength, steps=20)
        changes.append(float((drawn - images() / 2).square().mean()))
    assert changes == sorted(changes)
    assert changes[0] < changes[-1] / 3


def test_strength_1_over_nothing_is_drawing_from_noise():
    schedule, noise = schedule_of("flow"), images(seed=2)
    over = image_to_image(world(schedule), schedule, images(), noise, strength=1.0, steps=9)
    assert torch.allclose(over, sample(world(schedule), schedule, noise, steps=9))


def test_steps_are_those_below_the_strength():
    schedule, asked = schedule_of("cosine"), []

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        asked.append(float(time[0]))
        return x

    image_to_image(denoise, schedule, images(), images(seed=2), strength=0.4, steps=20)
    assert len(asked) == 8
    assert asked[0] == pytest.approx(0.4) and asked[-1] == pytest.approx(0.05)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_out_of_range_is_refused(strength: float):
    schedule = schedule_of("flow")
    with pytest.raises(ConfigError, match="strength: must be between 0 and 1; got"):
        image_to_image(world(schedule), schedule, images(), images(), strength)


def test_no_steps_are_refused_even_where_none_is_needed():
    schedule = schedule_of("flow")
    with pytest.raises(ConfigError, match="steps: must be at least 1; got 0"):
        image_to_image(world(schedule), schedule, images(), images(), 0.0, steps=0)


# ---------------------------------------------------------------- into a picture


@pytest.mark.parametrize("sampler", SAMPLERS)
@every_kind
def test_outside_the_mask_nothing_changes_and_inside_all_does(kind: str, sampler: str):
    schedule = schedule_of(kind)
    drawn = inpaint(
        world(schedule),
        schedule,
        images(),
        half(),
        images(seed=2),
        sampler=sampler,
        steps=6,
        draw=Draws([1, 2, 3], (2, SIZE, SIZE)),
    )
    assert torch.equal(drawn[..., ~half()], images()[..., ~half()])
    assert (drawn - images())[..., half()].abs().min() > 0


@pytest.mark.parametrize("sampler", ["ddim", "heun", "dpm++2m", "unipc", "ddpm"])
def test_what_is_drawn_fits_what_is_there(sampler: str):
    """In a world of even grey the hole takes the grey of its surroundings."""
    schedule = schedule_of("cosine")
    grey = torch.tensor([-0.6, 0.1, 0.7])[:, None, None, None].expand(3, 2, SIZE, SIZE)
    how: dict[str, Any] = dict(sampler=sampler, steps=80, draw=Draws([1, 2, 3], (2, SIZE, SIZE)))
    drawn = inpaint(world(schedule), schedule, grey, half(), images(seed=2), **how)
    assert (drawn - grey).abs().max() < 0.15


def test_a_mask_of_every_place_is_drawing_and_one_of_none_is_the_picture():
    schedule, noise = schedule_of("flow"), images(seed=2)
    everywhere = torch.ones(SIZE, SIZE, dtype=torch.bool)
    whole = inpaint(world(schedule), schedule, images(), everywhere, noise, steps=5)
    assert torch.allclose(whole, sample(world(schedule), schedule, noise, steps=5))
    none = inpaint(world(schedule), schedule, images(), ~everywhere, noise, steps=5)
    assert torch.equal(none, images())


def test_each_picture_may_have_its_own_mask():
    schedule = schedule_of("flow")
    masks = torch.stack((half(), ~half(), half() & False))[:, None]
    drawn = inpaint(world(schedule), schedule, images(), masks, images(seed=2), steps=4)
    kept = (drawn == images()).all(1)
    assert torch.equal(kept, ~masks[:, 0])


@pytest.mark.parametrize("shape", [(8, 7), (4, 4), (1, 3, 8, 8), (2, 1, 8, 8), (8,)])
def test_a_mask_of_another_size_is_refused(shape: tuple[int, ...]):
    schedule, mask = schedule_of("flow"), torch.ones(shape, dtype=torch.bool)
    with pytest.raises(DataError, match="the mask is .*, the picture is \\(3, 2, 8, 8\\)"):
        inpaint(world(schedule), schedule, images(), mask, images())


def test_a_mask_for_latents_covers_every_pixel_of_it():
    mask = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    mask[..., 3, 5] = True
    found = mask_for_latent(mask, 4, 4)
    assert found.sum() == 1 and found[0, 0, 1, 2]


# ---------------------------------------------------------------- areas


def test_each_area_is_seen_by_its_own_words():
    def always(value: float) -> Denoise:
        return lambda x, _: torch.full_like(x, value)

    overlap = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    overlap[:, 2:6] = True
    seen = by_area(always(0.0), [(always(1.0), half()), (always(3.0), overlap)])
    row = seen(images(), torch.full((3,), 0.5))[0, 0, 0]
    assert row.tolist() == [1, 1, 2, 2, 3, 3, 0, 0]


# ---------------------------------------------------------------- between


def test_slerp_begins_and_ends_where_it_should():
    one, other = images(seed=3), images(seed=4)
    assert torch.allclose(slerp(one, other, 0.0), one, atol=1e-5)
    assert torch.allclose(slerp(one, other, 1.0), other, atol=1e-5)
    assert torch.allclose(slerp(one, one, 0.3), one, atol=1e-5)


def test_noise_halfway_along_the_arc_is_as_strong_as_at_its_ends():
    one, other = images(4, 3, 32, 32, seed=3), images(4, 3, 32, 32, seed=4)
    assert slerp(one, other, 0.5).std().item() == pytest.approx(1, abs=0.03)
    assert lerp(one, other, 0.5).std().item() == pytest.approx(0.5**0.5, abs=0.03)


def test_slerp_moves_evenly_by_angle():
    one, other = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    angles = [float(torch.atan2(*slerp(one, other, s)[0].flip(0))) for s in (0.25, 0.5, 0.75)]
    assert angles == pytest.approx([torch.pi / 8, torch.pi / 4, 3 * torch.pi / 8], abs=1e-5)


def test_slerp_of_opposites_is_finite():
    one = images(seed=3)
    assert slerp(one, -one, 0.5).isfinite().all()
    assert slerp(one, one * 0, 0.5).isfinite().all()


# ---------------------------------------------------------------- larger


@pytest.mark.parametrize("overlap", [0, 2, None])
@pytest.mark.parametrize(("height", "width"), [(8, 8), (8, 21), (13, 16)])
def test_tiles_of_a_model_that_sees_each_pixel_alone_are_invisible(
    height: int, width: int, overlap: int | None
):
    x, time = images(2, 3, height, width), torch.full((2,), 0.5)
    seen = tiled(lambda x, _: torch.sin(3 * x), SIZE, overlap)(x, time)
    assert torch.allclose(seen, torch.sin(3 * x), atol=1e-6)


def test_a_picture_of_one_tile_is_seen_whole():
    schedule, time = schedule_of("flow"), torch.full((3,), 0.5)
    seen = tiled(world(schedule), SIZE)(images(), time)
    assert torch.allclose(seen, world(schedule)(images(), time), atol=1e-6)


def test_where_tiles_overlap_their_answers_fade():
    """Tiles of 8 from 0 and from 4, which say their own number: no step is above a third."""
    numbers = iter((0.0, 1.0))
    seen = tiled(lambda x, _: torch.full_like(x, next(numbers)), 8, overlap=4)
    row = seen(images(1, 1, 8, 12), torch.ones(1))[0, 0, 0]
    assert row[:4].tolist() == [0] * 4 and row[8:].tolist() == [1] * 4
    assert (row.diff() >= 0).all() and row.diff().max() < 0.34


def test_every_sampler_draws_on_tiles():
    schedule, noise = schedule_of("cosine"), images(1, 2, SIZE, 3 * SIZE)
    for sampler in SAMPLERS:
        drawn = sample(tiled(world(schedule), SIZE), schedule, noise, sampler=sampler, steps=6)
        assert drawn.shape == noise.shape and drawn.isfinite().all()


def test_a_picture_smaller_than_a_tile_is_refused():
    with pytest.raises(DataError, match="a picture of 8 x 4 is smaller than a tile of 8"):
        tiled(lambda x, _: x, 8)(images(1, 3, 4, 8), torch.ones(1))


@pytest.mark.parametrize("overlap", [-1, 8])
def test_an_overlap_that_cannot_be_is_refused(overlap: int):
    with pytest.raises(ConfigError, match=f"overlap: must be .*below the tile's 8; got {overlap}"):
        tiled(lambda x, _: x, 8, overlap)


def test_the_second_pass_is_larger_and_of_the_same_picture():
    schedule = schedule_of("cosine")
    grey = torch.full((1, 2, SIZE, SIZE), 0.4)
    noise = images(1, 2, 2 * SIZE, 3 * SIZE)
    large = enlarge(world(schedule), schedule, grey, noise, strength=0.4, steps=20)
    assert large.shape == noise.shape
    assert (large - 0.4).abs().max() < 0.1


def test_between_two_texts_is_one_at_each_end_and_their_mean_in_the_middle() -> None:
    one: Denoise = lambda x, time: x + 1  # noqa: E731
    other: Denoise = lambda x, time: x + 3  # noqa: E731
    assert blended(one, other, 0) is one and blended(one, other, 1) is other
    x = torch.zeros(1, 1, 2, 2)
    assert torch.equal(blended(one, other, 0.5)(x, torch.ones(1)), x + 2)
