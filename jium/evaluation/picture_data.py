"""The pictures that a run is measured on: a split of its own data, or others that are given."""

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from jium.config import Values, build, read_toml
from jium.data.image_data import ImageData
from jium.data.images import Pictures, prepare_images
from jium.data.split import SPLITS
from jium.errors import ConfigError, DataError


def read_measured(run: Path | None, data: str | Pictures, size: int) -> tuple[Pictures, Values]:
    """Pictures at hand, a split of a run's own, or those of a folder, a table or
    "scenes/unseen:500", brought to `size` pixels, the columns of a table found by their usual names
    where the run's are not there; and what the report says of them. Scenes that name no split are
    of the test split.

    Raises ConfigError for a split where no run is given.
    """
    if isinstance(data, Pictures):
        return data, {"data": "given"}
    path = None if run is None else run / "recipe.toml"
    section: Values = read_toml(path)["data"] if path is not None and path.is_file() else {}
    settings = build(ImageData, {k: v for k, v in section.items() if k != "kind"}, "data")
    if data in SPLITS:
        if run is None:
            raise ConfigError(
                "{data!r} is a split of a run's own data; give the run folder, or pictures.",
                key="data",
                data=data,
            )
        found = prepare_images(settings, data, run / "last" / "data")
        return found, {"data": str(settings.train), "split": data}
    data = re.sub(r"^scenes(?=:|$)", "scenes/test", data)
    given = replace(
        settings, train=data, valid=None, test=None, folder=None, limit=None, size=size,
        valid_share=0.0, test_share=0.0, drop_duplicates=False, min_side=1, buckets=False,
    )  # fmt: skip
    try:
        return _prepared(given), {"data": data}
    except DataError as first:  # the run's columns may not be there
        try:
            bare = replace(given, image=None, captions=None, labels=None, where={})
            return _prepared(bare), {"data": data}
        except DataError:
            raise first from None


def _prepared(given: ImageData) -> Pictures:
    with TemporaryDirectory(prefix="jium-") as place:
        return _held(prepare_images(given, "train", place))


def _held(pictures: Pictures) -> Pictures:
    """In memory, since their folder goes."""
    texts = [pictures.captions(row) for row in range(len(pictures))]
    return replace(pictures, blocks=[block[:].copy() for block in pictures.blocks], texts=texts)
