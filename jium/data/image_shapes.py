"""The shapes pictures are kept in: one square, or several by aspect ratio (buckets).

Buckets as in NovelAI's improvements on Stable Diffusion (2022): sides are multiples of a step, and
no shape has more pixels than the square, so all cost about the same.
"""

import math

from jium.data.image_data import ImageData
from jium.data.image_store import Shape
from jium.errors import ConfigError


def shapes_of(data: ImageData) -> list[Shape]:
    """Every shape that pictures may take, (height, width), from tall to wide. Raises ConfigError
    where there is none.
    """
    if not data.buckets:
        return [(data.size, data.size)]
    step, pixels = data.bucket_step, data.size**2
    shapes = set()
    for width in range(step, int(data.size * data.widest) + 1, step):
        height = pixels // width // step * step
        if height and max(height / width, width / height) <= data.widest:
            shapes.add((height, width))
    if not shapes:
        raise ConfigError(
            "leaves no shape with sides of multiples of {step} and at most {size} x {size} pixels. "
            "Raise it, or lower data.bucket_step.",
            key="data.widest",
            step=step,
            size=data.size,
        )
    return sorted(shapes, key=lambda shape: (shape[1] / shape[0], shape))


def nearest_shape(shapes: list[Shape], height: int, width: int) -> Shape:
    """The shape whose aspect ratio is nearest, by its logarithm; of equals the larger."""
    ratio = math.log(width / height)
    return min(shapes, key=lambda s: (abs(math.log(s[1] / s[0]) - ratio), -s[0] * s[1]))
