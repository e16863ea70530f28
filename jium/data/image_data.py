"""What a person says about their pictures: the [data] section of a recipe."""

import re
from dataclasses import field
from pathlib import Path
from typing import Literal

from jium.config import config
from jium.data.image_augment import Augment
from jium.data.split import Shares
from jium.errors import ConfigError
from jium.ranges import at_least

Paths = str | list[str]
Fit = Literal["crop", "pad", "stretch"]
SCENES = re.compile(r"scenes(?:/(?P<split>train|valid|test|unseen))?(?::(?P<count>\d+))?")
STARTERS = 10_000  # scenes drawn where no number is given


@config
class ImageData(Augment, Shares):
    """Where pictures come from, and what is done to them.

    A source is a folder of pictures (captions beside them: NAME.txt, captions.csv, captions.jsonl,
    metadata.jsonl; the folder a picture lies in is its label), a table with the bytes or the paths
    of pictures (Parquet, CSV, JSON Lines), or "scenes:N": starter pictures drawn here.
    Every picture becomes RGB; what is transparent becomes white.
    """

    train: Paths = "scenes"  # folders, tables, or "scenes", "scenes:20000", "scenes/unseen:500"
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    image: str | None = None  # column with bytes or a path; None: the one that has them
    captions: list[str] | None = None  # columns; None: those with usual names; []: none
    labels: list[str] | None = None  # columns of classes; None: those with usual names
    where: dict[str, str | list[str]] = field(default_factory=dict)  # rows whose column has one of
    # these values; "=other": the value of another column
    size: int = 32  # pixels a side; with buckets size * size pixels, about
    fit: Fit = "crop"  # pad: with white; stretch: the sides change their proportion
    buckets: bool = False  # shapes by aspect ratio, so that less is cut off
    bucket_step: int = 8  # their sides are multiples of it
    widest: float = 2.0  # longest side to shortest, in a bucket
    min_side: int = 1  # pictures with a shorter side are not trained on
    drop_duplicates: bool = True  # pictures that stand in train twice, to the pixel
    limit: int | None = None  # pictures read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Augment, Shares):
            part.__post_init__(self)
        at_least(
            1,
            size=self.size,
            bucket_step=self.bucket_step,
            min_side=self.min_side,
            limit=self.limit,
        )
        if not 1 <= self.widest <= 16:
            raise ConfigError("must be in [1, 16]; got {value}.", key="widest", value=self.widest)
        if self.buckets and self.size < self.bucket_step:
            raise ConfigError(
                "must be no more than data.size={size}; got {value}.",
                key="bucket_step",
                size=self.size,
                value=self.bucket_step,
            )

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split; scenes as they are asked for."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else given or []
        return [p if is_scenes(p) else str(Path(self.folder or "") / p) for p in paths]


def is_scenes(path: str) -> bool:
    """Whether starter pictures are meant, drawn here."""
    return SCENES.fullmatch(path) is not None
