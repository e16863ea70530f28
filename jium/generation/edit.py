"""Drawing that begins with a picture: over it, into a part of it, between two, and larger.

Pictures here are what is noised: pixels in [-1, 1], or latents; (batch, channels, height, width).
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from jium.errors import ConfigError, DataError
from jium.generation.diffusion import Denoise, check_steps, sample
from jium.models.noise import Schedule
from jium.ranges import share


@torch.no_grad()
def image_to_image(
    denoise: Denoise,
    schedule: Schedule,
    image: Tensor,
    noise: Tensor,
    strength: float,
    steps: int = 25,
    **options: Any,
) -> Tensor:
    """A picture like `image`, which is noised up to time `strength` and drawn from there (SDEdit;
    Meng et al., 2022, https://arxiv.org/abs/2108.01073).

    strength: 0 gives `image` back, 1 forgets nearly all of it. Of `steps` as many are taken as lie
    below it. noise: standard normal, of the shape of image. options: those of `sample`.
    """
    check_steps(schedule, steps)
    share(strength=strength)
    if strength == 0:
        return image
    x = schedule.add_noise(image, noise, image.new_full((len(image),), strength))
    taken = max(1, round(steps * strength))
    return sample(denoise, schedule, x, steps=taken, start=strength, **options)


@torch.no_grad()
def inpaint(
    denoise: Denoise,
    schedule: Schedule,
    image: Tensor,
    mask: Tensor,
    noise: Tensor,
    strength: float = 1.0,
    steps: int = 25,
    **options: Any,
) -> Tensor:
    """Draw where `mask` is True, (height, width) or (batch, 1, height, width); elsewhere `image`
    comes back, exactly.

    At every stop what is known to be there stands in for what the model sees (after Lugmayr et al.,
    2022, https://arxiv.org/abs/2201.09865), so that the new fits the old.
    """
    mask = check_mask(mask, image)
    drawn = image_to_image(
        within(denoise, image, mask), schedule, image, noise, strength, steps, **options
    )
    return torch.where(mask, drawn, image)


def within(denoise: Denoise, image: Tensor, mask: Tensor) -> Denoise:
    """What is seen where the mask is True, and `image` elsewhere."""
    return lambda x, time: torch.where(mask, denoise(x, time), image.to(x))


def check_mask(mask: Tensor, image: Tensor) -> Tensor:
    """The mask as (1 or batch, 1, height, width), bool.

    Raises DataError for one of another size.
    """
    shaped = mask[None, None] if mask.dim() == 2 else mask
    fits = shaped.dim() == 4 and shaped.shape[1] == 1 and len(shaped) in (1, len(image))
    if not fits or shaped.shape[-2:] != image.shape[-2:]:
        raise DataError(
            "the mask is {mask}, the picture is {picture}: give (height, width), or (batch, 1, "
            "height, width), of the same height and width.",
            mask=tuple(mask.shape),
            picture=tuple(image.shape),
        )
    return shaped.bool()


def mask_for_latent(mask: Tensor, height: int, width: int) -> Tensor:
    """A mask of pixels, (batch, 1, height, width), for latents of such a size: True wherever one of
    their pixels is.
    """
    return F.adaptive_max_pool2d(mask.float(), (height, width)) > 0


def by_area(everywhere: Denoise, areas: Sequence[tuple[Denoise, Tensor]]) -> Denoise:
    """Each area sees by its own words, (denoise, mask); where areas overlap, their mean; elsewhere
    by `everywhere`'s (equation 5 of Bar-Tal et al., 2023, https://arxiv.org/abs/2302.08113).
    """

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        masks = [check_mask(mask.to(x.device), x) for _, mask in areas]
        covered = sum((mask.to(x) for mask in masks), torch.zeros_like(x[:1, :1]))
        total = torch.where(covered == 0, everywhere(x, time), 0.0)
        for (own, _), mask in zip(areas, masks, strict=True):
            total = total + mask.to(x) * own(x, time)
        return total / covered.clamp(min=1)

    return denoise


# ---------------------------------------------------------------- between


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From one, share 0, to the other, share 1, along the arc between them (Shoemake, 1985), each
    picture by itself.

    Noise halfway along a straight line is too weak, and draws flat pictures; on the arc it keeps
    its length.
    """
    a, b = one.flatten(1), other.flatten(1)
    lengths = a.norm(dim=1) * b.norm(dim=1)
    cosine = ((a * b).sum(1) / lengths.clamp(min=1e-12)).clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    flat = sine < 1e-4  # the same direction: the line is the arc; opposite ones have no arc
    safe = torch.where(flat, torch.ones_like(sine), sine)
    from_one = torch.where(flat, 1 - share, ((1 - share) * angle).sin() / safe)
    to_other = torch.where(flat, share, (share * angle).sin() / safe)
    return (from_one[:, None] * a + to_other[:, None] * b).view_as(one)


def lerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """In a straight line: for what words mean, whose lengths say something."""
    return torch.lerp(one, other, share)


def blended(one: Denoise, other: Denoise, share: float) -> Denoise:
    """What is seen by two texts, of the second by `share`: pictures that are likely by both
    (equation 11 of Liu et al., 2022, https://arxiv.org/abs/2206.01714, with shares for weights).

    Unlike states between those of two texts it needs no two texts of one length, and is exactly
    one of them at each end; there only that one is asked.
    """
    if share in (0, 1):
        return other if share else one
    return lambda x, time: lerp(one(x, time), other(x, time), share)


# ---------------------------------------------------------------- larger


def tiled(denoise: Denoise, tile: int, overlap: int | None = None) -> Denoise:
    """See a picture larger than the model was trained on in overlapping squares, at every stop
    (MultiDiffusion; Bar-Tal et al., 2023, https://arxiv.org/abs/2302.08113).

    tile: side of a square, in what is noised. overlap: a quarter of it if not said; there the
    answers fade into each other.
    """
    overlap = tile // 4 if overlap is None else overlap
    if not 0 <= overlap < tile:
        raise ConfigError(
            "must be from 0 to below the tile's {tile}; got {value}.",
            key="overlap",
            tile=tile,
            value=overlap,
        )
    fade = _fade(tile, overlap)

    def seen(x: Tensor, time: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        if min(height, width) < tile:
            raise DataError(
                "a picture of {width} x {height} is smaller than a tile of {tile}.",
                width=width,
                height=height,
                tile=tile,
            )
        total, weights = torch.zeros_like(x), torch.zeros_like(x[:1, :1])
        for top in _starts(height, tile, overlap):
            for left in _starts(width, tile, overlap):
                place = ..., slice(top, top + tile), slice(left, left + tile)
                total[place] += denoise(x[place], time) * fade.to(x)
                weights[place] += fade.to(x)
        return total / weights

    return seen


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles begin: each overlaps the one before by `overlap` or, the last, by more."""
    return [*range(0, length - tile, tile - overlap), length - tile]


def _fade(tile: int, overlap: int) -> Tensor:
    """Weights of a tile, (tile, tile): less towards its edges, never 0."""
    from_edge = torch.arange(1, tile + 1, dtype=torch.float)
    ramp = torch.minimum(from_edge, from_edge.flip(0)).clamp(max=overlap + 1) / (overlap + 1)
    return ramp[:, None] * ramp


def enlarge(
    denoise: Denoise,
    schedule: Schedule,
    image: Tensor,
    noise: Tensor,
    strength: float = 0.5,
    steps: int = 25,
    **options: Any,
) -> Tensor:
    """The second pass of a picture drawn in two: `image` stretched to the size of `noise`, and
    its detail drawn anew by `strength`.

    The first pass gets the composition right at the size the model knows, where one pass at the
    large size repeats things. denoise: perhaps `tiled`.
    """
    large = F.interpolate(image, noise.shape[-2:], mode="bicubic", antialias=True)
    return image_to_image(denoise, schedule, large, noise, strength, steps, **options)
