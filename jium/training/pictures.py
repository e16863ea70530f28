"""What every training on pictures shares: its data, and what is said of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from jium.data.images import Pictures, prepare_images
from jium.data.split import SPLITS
from jium.messages import say
from jium.training.recipe import Recipe
from jium.training.understanding import check_valid


class OnPictures:
    """What every training on pictures says of it. pictures: those of each split."""

    unit: Literal["pictures"] = "pictures"  # what a batch counts
    pictures: dict[str, Pictures]

    def opening(self) -> str:
        """How many pictures there are."""
        train = self.pictures["train"]
        return say(
            "{n} pictures to train on, {valid} to validate with; {dropped} dropped",
            n=f"{len(train):,}",
            valid=f"{len(self.pictures['valid']):,}",
            dropped=f"{sum(train.dropped.values()):,}",
        )

    def facts(self) -> dict[str, str]:
        """What the model card says of the data."""
        train = self.pictures["train"]
        shapes = ", ".join(f"{height} x {width}" for height, width in train.shapes)
        return {
            "pictures": ", ".join(f"{split} {len(p):,}" for split, p in self.pictures.items()),
            "height x width": shapes,
            "classes": ", ".join(f"{name} {len(c):,}" for name, c in train.names.items()) or "none",
            "dropped": ", ".join(f"{why} {n:,}" for why, n in train.dropped.items()) or "none",
        }

    def samples(self) -> list[tuple[str, str, str]]:
        """Nothing to read; what is drawn is to be seen (`picture`)."""
        return []

    def picture(self) -> Any | None:
        """What is drawn so far, uint8 (height, width, 3), kept as a file; None where nothing is."""
        return None


def open_pictures(recipe: Recipe, run: Path) -> dict[str, Pictures]:
    """The pictures of a run by split, prepared once in its folder.

    Raises DataError where there is none to train on, or none to validate with.
    """
    folder = run / "last" / "data"
    pictures: dict[str, Pictures] = {
        split: prepare_images(recipe.data, split, folder) for split in SPLITS
    }
    check_valid(pictures["valid"], recipe.data.valid_share)
    return pictures


def captions_of(pictures: Pictures) -> Iterator[str]:
    """Every caption, in an order that a fixed seed draws: the first so many are from all over the
    data, however it is sorted.
    """
    for row in np.random.default_rng(0).permutation(len(pictures)).tolist():
        yield from pictures.captions(row)
