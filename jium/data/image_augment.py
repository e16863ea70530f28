"""Changes to a picture that leave true what is said of it: mirrored, shifted, lit otherwise.

A mirrored picture of a cat left of a ball has it on the right: where a caption or a label says left
or right, the picture stays as it is, or the words change sides with it.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jium.config import config
from jium.ranges import share_below_one

# fmt: off
SIDES = (  # words that a mirror exchanges; the longer first
    ("왼쪽", "오른쪽"), ("왼편", "오른편"), ("왼손", "오른손"), ("왼발", "오른발"),
    ("좌측", "우측"), ("좌회전", "우회전"),
    ("leftmost", "rightmost"), ("leftward", "rightward"), ("left", "right"),
)
# fmt: on
SWAP = {one: other for pair in SIDES for one, other in (pair, pair[::-1])}
SIDE = re.compile(
    "|".join(
        rf"(?<![a-z]){word}(?![a-z])" if word.isascii() else re.escape(word)
        for word in sorted(SWAP, key=len, reverse=True)
    ),
    re.IGNORECASE,
)
DOUBT = re.compile("왼|오른")  # 오른 다리 is on a side, 떠오른 달 is not
WRITTEN = re.compile(
    r"글자|글씨|문자|간판|숫자|깃발|국기|\b(?:letters?|text|words?|flags?|signs?)\b", re.I
)


class Seen(NamedTuple):
    """A picture, uint8 (height, width, 3), the caption drawn for it, and its classes by name."""

    image: NDArray[np.uint8]
    caption: str
    labels: dict[str, str] = {}


@config
class Augment:
    """How a picture is changed each time that it is seen. All of it is off unless asked for."""

    flip: Literal["never", "safe", "swap"] = "never"  # safe: not where left or right is said;
    # swap: the words are exchanged there. Never where letters or flags are spoken of
    shift: float = 0.0  # moved by up to this share of its sides; what comes in is mirrored
    light: float = 0.0  # brightness and contrast changed by up to this share; colours keep names

    def __post_init__(self) -> None:
        share_below_one(shift=self.shift, light=self.light)

    @property
    def changes(self) -> bool:
        """Whether it does anything at all."""
        return self.flip != "never" or bool(self.shift or self.light)

    def __call__(self, seen: Seen, rng: np.random.Generator) -> Seen:
        """The picture as it is seen this time: a function of `rng` alone."""
        if self.flip != "never" and rng.random() < 0.5:
            seen = mirrored(seen, swap=self.flip == "swap")
        image = seen.image
        if self.shift:
            image = shifted(image, self.shift, rng)
        if self.light:
            image = lit(image, self.light, rng)
        return seen._replace(image=image)


def mirrored(seen: Seen, swap: bool) -> Seen:
    """Left and right exchanged, in the words too; as it was where that would not be true, or where
    a word may or may not be a side.
    """
    said = [seen.caption, *seen.labels.values()]
    if any(WRITTEN.search(text) or DOUBT.search(SIDE.sub("", text)) for text in said):
        return seen
    if not swap and says_side(said):
        return seen
    labels = {name: other_side(label) for name, label in seen.labels.items()}
    return Seen(np.ascontiguousarray(seen.image[:, ::-1]), other_side(seen.caption), labels)


def says_side(texts: Sequence[str]) -> bool:
    """Whether one of the texts speaks of left or right."""
    return any(SIDE.search(text) for text in texts)


def other_side(text: str) -> str:
    """The text with left for right and right for left; capitals stay."""

    def exchange(found: re.Match[str]) -> str:
        other = SWAP[found[0].lower()]
        return other.capitalize() if found[0][0].isupper() else other

    return SIDE.sub(exchange, text)


def shifted(image: NDArray[np.uint8], most: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Moved by up to `most` of each side; what comes in at the edge is the picture mirrored."""
    places = []
    for side in image.shape[:2]:
        reach = min(round(most * side), side - 1)
        by = int(rng.integers(-reach, reach + 1))
        place = np.abs(np.arange(side) + by)
        places.append(np.where(place >= side, 2 * (side - 1) - place, place))
    return image[np.ix_(*places)]


def lit(image: NDArray[np.uint8], most: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Brightness and contrast changed by up to `most`; no hue changes, so a red thing stays red."""
    brightness, contrast = 1 + most * rng.uniform(-1, 1, 2)
    pixels = image.astype(np.float32)
    middle = pixels.mean()
    changed = ((pixels - middle) * contrast + middle) * brightness
    return changed.clip(0, 255).round().astype(np.uint8)
