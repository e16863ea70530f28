"""Pillow where it is installed; else the message that says how to get it."""

from jium.errors import require

require("PIL.Image", "pictures")

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, UnidentifiedImageError  # noqa: E402
from PIL.PngImagePlugin import PngInfo  # noqa: E402

__all__ = [
    "Image",
    "ImageChops",
    "ImageDraw",
    "ImageFilter",
    "ImageFont",
    "PngInfo",
    "UnidentifiedImageError",
]
