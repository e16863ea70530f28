"""How far two sets of examples are from each other, without a trained measure: sliced Wasserstein.

On a line the distance of two sets is that of their sorted values; a cloud is looked at from many
sides, each of which makes it a line (Rabin et al., 2011; for pictures section 5 of Karras et al.,
2018, https://arxiv.org/abs/1710.10196).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDES = 128  # directions looked from
GRID, PATCH, PATCHES = 8, 7, 16  # means over a grid; pixels of a patch a side, patches of a picture


def sliced_wasserstein(a: Tensor, b: Tensor, sides: int = SIDES, seed: int = 0) -> float:
    """The mean distance over directions, of two sets (n, features) of one size; 0 where they are
    the same.
    """
    assert a.shape == b.shape, "two sets are compared value by value"
    draw = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(a.size(1), sides, generator=draw), dim=0)
    lines = [(x.float().cpu() @ directions).sort(0).values for x in (a, b)]  # (n, sides)
    return float((lines[0] - lines[1]).abs().mean()) * a.size(1) ** 0.5


def picture_distance(a: Tensor, b: Tensor, seed: int = 0) -> float:
    """That of two sets of pictures, (n, channels, height, width) in [-1, 1]: of what they are on
    the whole (means over a grid) and of their small patches, half and half, for each value.
    """
    whole, small = coarse(a), patches(a, seed)
    first = sliced_wasserstein(whole, coarse(b), seed=seed) / whole.size(1) ** 0.5
    second = sliced_wasserstein(small, patches(b, seed), seed=seed) / small.size(1) ** 0.5
    return (first + second) / 2


def coarse(pictures: Tensor) -> Tensor:
    """Means over a grid: (n, features)."""
    side = min(GRID, *pictures.shape[-2:])
    return F.adaptive_avg_pool2d(pictures.float().cpu(), side).flatten(1)


def patches(pictures: Tensor, seed: int = 0) -> Tensor:
    """Some patches of each picture, in random places that are the same for as many pictures:
    (n * patches, features).
    """
    pictures = pictures.float().cpu()
    side = min(PATCH, *pictures.shape[-2:])
    every = F.unfold(pictures, side).transpose(1, 2)  # (n, places, features)
    draw = torch.Generator().manual_seed(seed)
    places = torch.randint(every.size(1), (len(every), PATCHES, 1), generator=draw)
    return every.gather(1, places.expand(-1, -1, every.size(2))).flatten(0, 1)
