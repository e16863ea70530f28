"""What a painting begins from: nothing, a picture, or a part of one."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jium.data.image_batches import as_pixels, as_tensor
from jium.data.image_files import upright
from jium.data.pillow import Image
from jium.errors import ConfigError, DataError
from jium.generation.edit import mask_for_latent
from jium.ranges import share

STRENGTH = 0.7  # where a picture is given and nobody says


@dataclass
class Beginning:
    """Pixels across and down; and the picture that is given, (1, 3, height, width) in [-1, 1], its
    mask, (1, 1, height, width), 1 where it may change, and how far back to noise it goes.
    """

    width: int
    height: int
    image: Tensor | None = None
    mask: Tensor | None = None
    strength: float = 1.0

    def mask_for(self, noise: Tensor) -> Tensor:
        """The mask for what is noised, a picture or its latents."""
        assert self.mask is not None
        return mask_for_latent(self.mask, *noise.shape[-2:]).to(noise.device)

    def keep(self, picture: Image.Image) -> Image.Image:
        """The picture that was begun from, wherever nothing may change; latents have no sharp
        borders.
        """
        assert self.image is not None and self.mask is not None
        own = Image.fromarray(as_pixels(self.image)[0])
        return Image.composite(
            picture, own, Image.fromarray((255 * self.mask[0, 0]).byte().numpy())
        )

    def about(self) -> dict[str, Any]:
        """What it takes to begin so again."""
        if self.image is None:
            return {}
        found: dict[str, Any] = {"image": _digits(self.image), "strength": self.strength}
        return found if self.mask is None else found | {"mask": _digits(self.mask)}


def beginning(
    trained: int,
    size: int | tuple[int, int] | None,
    image: Image.Image | None,
    strength: float | None,
    mask: Image.Image | None,
) -> Beginning:
    """Check what a call says of it. trained: pixels a side that the model was trained at.

    A picture is taken at its own size, or brought to `size`. Raises ConfigError for a strength
    beyond [0, 1] and for what makes no sense without a picture, DataError for a mask of another
    size than the picture.
    """
    if image is None:
        for name, value in (("strength", strength), ("mask", mask)):
            if value is not None:
                raise ConfigError("goes with a picture to begin from: image.", key=name)
        width, height = _sides(size, trained)
        return Beginning(width, height)
    strength = (1.0 if mask is not None else STRENGTH) if strength is None else strength
    share(strength=strength)
    image, mask = upright(image), None if mask is None else upright(mask)
    if mask is not None and mask.size != image.size:
        raise DataError(
            "the mask is {mask} pixels and the picture {image}; they must be of one size.",
            mask=f"{mask.width} x {mask.height}",
            image=f"{image.width} x {image.height}",
        )
    width, height = _sides(size, trained) if size is not None else image.size
    pixels = as_tensor(_resized(image, width, height)[None])
    covered = None
    if mask is not None:
        grey = _resized(mask.convert("L"), width, height)
        covered = torch.from_numpy(grey >= 128)[None, None].float()
    return Beginning(width, height, pixels, covered, strength)


def _sides(size: int | tuple[int, int] | None, trained: int) -> tuple[int, int]:
    if size is None:
        return trained, trained
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def _resized(picture: Image.Image, width: int, height: int) -> np.ndarray:
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.array(picture)


def _digits(tensor: Tensor) -> str:
    """Sixteen digits that say which picture it was."""
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()[:16]
