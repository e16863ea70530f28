"""A picture from a file or from bytes: always RGB, upright, 8 bits, or an error that says why not.

What is transparent becomes white. Of an animation the first frame is taken. Colours are read as
they are written: a colour profile inside the file is not applied.
"""

import struct
import warnings
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError, require

if TYPE_CHECKING:
    from PIL.Image import Image

Fit = Literal["crop", "pad", "stretch"]
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2",
    ".ppm", ".pgm", ".tga", ".ico",
)  # fmt: skip
MOST_PIXELS = 160_000_000  # half a gigabyte as RGB: 20,000 x 8,000
BROKEN = (  # what Pillow raises on bytes that are not what they begin as
    OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError,
    AttributeError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
SIXTEEN = 257  # 65,535 / 255


EMPTY = "{path}: is empty."
MISSING = "{path}: no such file.{near}"
UNREADABLE = "{path}: cannot be read: {error}"
UNKNOWN = "{path}: is no picture that can be read. Known: {known}."
LARGE = "{path}: is too large ({size}); at most {most} pixels are read. Make it smaller first."
BEYOND = "{path}: holds numbers from {low:g} to {high:g}; grey values go from 0 to {most:g}."
SHORT = "{path}: is a picture cut short: {error}"
BROKE = "{path}: is a broken picture: {error}"
REASONS = {  # a word for each, to be counted by
    EMPTY: "empty",
    MISSING: "missing",
    UNREADABLE: "unreadable",
    UNKNOWN: "not_a_picture",
    LARGE: "too_large",
    BEYOND: "not_colours",
    SHORT: "truncated",
    BROKE: "broken",
}


def reason_of(error: DataError) -> str:
    """A word for why `read_image` refused a picture."""
    return REASONS.get(error.template, "broken")


def read_image(source: bytes | str | Path, name: str = "") -> "Image":
    """A picture as RGB, upright, with transparency on white.

    source: the bytes of a file, or where it lies. name: what an error calls it.
    Raises DataError (see `reason_of`) for what is missing, empty, cut short, no picture, larger
    than MOST_PIXELS, or holds numbers that are no colours.
    """
    name = name or ("picture" if isinstance(source, bytes) else str(source))
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of odd metadata, which is not used; and of size, see below
        return upright(_opened(_bytes(source, name), name), name)


def fit_image(image: "Image", height: int, width: int, fit: Fit = "crop") -> NDArray[np.uint8]:
    """A picture at another size, uint8 (height, width, 3), by Lanczos.

    crop: what is too long is cut off, on both sides alike; pad: white is put around; stretch: the
    sides change their proportion.
    """
    pillow, ops = require("PIL.Image", "pictures"), require("PIL.ImageOps", "pictures")
    lanczos = pillow.Resampling.LANCZOS
    if image.size == (width, height):
        return np.array(image)
    if fit == "stretch":
        return np.array(image.resize((width, height), lanczos))
    if fit == "crop":
        return np.array(ops.fit(image, (width, height), lanczos))
    scale = min(width / image.width, height / image.height)
    inside = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    padded = pillow.new("RGB", (width, height), "white")
    place = ((width - inside[0]) // 2, (height - inside[1]) // 2)
    padded.paste(image.resize(inside, lanczos), place)
    return np.array(padded)


def _bytes(source: bytes | str | Path, name: str) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    else:
        try:
            data = Path(source).read_bytes()
        except FileNotFoundError:
            raise DataError(MISSING, path=name, near="") from None
        except OSError as error:
            raise DataError(UNREADABLE, path=name, error=error) from error
    if not data:
        raise DataError(EMPTY, path=name)
    return data


def _opened(data: bytes, name: str) -> "Image":
    """The picture behind the bytes, none of its pixels read yet."""
    pillow = require("PIL.Image", "pictures")
    try:
        image = pillow.open(BytesIO(data))
    except pillow.UnidentifiedImageError as error:
        known = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise DataError(UNKNOWN, path=name, known=known) from error
    except pillow.DecompressionBombError as error:
        raise _too_large(name, str(error)) from error
    except BROKEN as error:
        raise _broken(name, error) from error
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(name, f"{image.width:,} x {image.height:,}")
    return image


def upright(image: "Image", name: str = "picture") -> "Image":
    """A picture of Pillow as RGB of 8 bits, turned as its EXIF orientation says; what is
    transparent becomes white. name: what an error calls it.
    """
    ops = require("PIL.ImageOps", "pictures")
    try:
        image.load()
    except (*BROKEN, MemoryError) as error:
        raise _broken(name, error) from error
    with suppress(*BROKEN):  # metadata that cannot be read turn nothing
        image = ops.exif_transpose(image)
    try:
        return _rgb(image, name)
    except BROKEN as error:
        raise _broken(name, error) from error


def _rgb(image: "Image", name: str) -> "Image":
    pillow = require("PIL.Image", "pictures")
    if image.mode.startswith("I") or image.mode == "F":
        image = pillow.fromarray(_eight_bits(np.asarray(image), name))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = pillow.new("RGBA", image.size, "white")
        image = pillow.alpha_composite(white, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: NDArray, name: str) -> NDArray[np.uint8]:
    """Grey values of 16 bits, or real numbers from 0 to 1, as 0 to 255."""
    most = 1.0 if values.dtype.kind == "f" else 65_535
    low, high = float(values.min()), float(values.max())
    if not (low >= 0 and high <= most):  # also where one is not a number
        raise DataError(BEYOND, path=name, low=low, high=high, most=most)
    scale = 255 if values.dtype.kind == "f" else 1 / SIXTEEN
    return np.rint(values * scale).astype(np.uint8)


def _too_large(name: str, size: str) -> DataError:
    return DataError(LARGE, path=name, size=size, most=f"{MOST_PIXELS:,}")


def _broken(name: str, error: BaseException) -> DataError:
    if "truncated" in str(error) or isinstance(error, EOFError):
        return DataError(SHORT, path=name, error=error)
    return DataError(BROKE, path=name, error=error)
