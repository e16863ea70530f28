"""Pictures as a person gives them, and as a model takes them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from jium.data.image_batches import as_tensor
from jium.data.image_data import Fit
from jium.data.image_files import fit_image, read_image, upright
from jium.errors import DataError, require

PICTURES = 64  # at a time


def is_picture(given: object) -> TypeGuard[Any]:
    """Whether something is a picture at the door: of PIL, an array, or the path of a file. A str is
    a text.
    """
    return isinstance(given, np.ndarray | Path) or hasattr(given, "getbands")


def listed(given: Any) -> tuple[list[Any], bool]:
    """What was given as a list, and whether it was one thing alone. An array of four dimensions is
    a list of pictures.
    """
    one = isinstance(given, str) or (is_picture(given) and getattr(given, "ndim", 3) == 3)
    return ([given] if one else list(given)), one


def to_tensor(pictures: Sequence[Any], size: int, fit: Fit = "crop") -> Tensor:
    """Pictures to (batch, 3, size, size) in [-1, 1], brought to `size` by `fit`.

    Raises DataError for what is no picture.
    """
    if not pictures:
        return torch.empty(0, 3, size, size)
    return as_tensor(np.stack([_pixels(p, size, fit) for p in pictures]))


def in_parts(pictures: Sequence[Any], size: int, fit: Fit = "crop") -> Iterator[Tensor]:
    """`to_tensor`, so many at a time that memory stays flat."""
    for start in range(0, len(pictures), PICTURES):
        yield to_tensor(pictures[start : start + PICTURES], size, fit)


def _pixels(given: Any, size: int, fit: Fit) -> NDArray[np.uint8]:
    if isinstance(given, np.ndarray):
        if given.ndim != 3 or given.shape[2] != 3 or given.dtype != np.uint8:
            raise DataError(
                "an array is a picture as uint8 (height, width, 3); got {dtype} {shape}.",
                dtype=given.dtype,
                shape=given.shape,
            )
        if given.shape[:2] == (size, size):
            return given
        given = require("PIL.Image", "pictures").fromarray(given)
    elif isinstance(given, str | Path):
        given = read_image(given)
    elif not hasattr(given, "getbands"):
        raise DataError(
            "a picture is one of PIL, a uint8 array or the path of a file; got {kind}.",
            kind=type(given).__name__,
        )
    else:
        given = upright(given)
    return fit_image(given, size, size, fit)
