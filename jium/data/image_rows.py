"""Pictures as they are found: in tables, in folders with captions beside them, in the renderer.

Nothing is opened here: a row says where a picture is and what is said of it, or why there is none.
"""

import json
from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jium.data.compressed import format_of
from jium.data.image_columns import (
    ImageColumns,
    classes_in,
    find_image_columns,
    is_wanted,
    texts_in,
)
from jium.data.image_data import SCENES, STARTERS, ImageData, is_scenes
from jium.data.image_folders import has_pictures, read_folder
from jium.data.parquet import read_parquet
from jium.data.row import Row
from jium.data.sources import find_files, read_rows
from jium.data.split import Split
from jium.errors import require

PEEKED = 20  # rows looked at to learn which columns there are
ROWS = 32  # of a table of pictures, held at a time
MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x00")
WORDINGS = 3  # captions a language for each scene
MIN_SCENES = 64  # to validate with


class ImageRow(NamedTuple):
    """A picture as it was found.

    file, line: where. source: its bytes, its path, or the picture itself; None where there is none.
    labels: its classes by name. fixed: the split it belongs to is given. values: the rest of its
    row. problem: why it cannot be used, or "".
    """

    file: Path
    line: int
    source: bytes | Path | NDArray[np.uint8] | None
    captions: list[str]
    labels: dict[str, str]
    fixed: bool = False
    problem: str = ""
    values: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """What an error calls it."""
        if isinstance(self.source, Path):
            return str(self.source)
        return f"{self.file}: {self.line}"


def read_pictures(data: ImageData, split: Split) -> Iterator[ImageRow]:
    """Stream what is given for a split; of train the first, where only so many are wanted."""
    given = data.paths(split) or _apart(data, split)
    found = chain.from_iterable(map(partial(_source, data, split), given))
    return islice(found, data.limit) if split == "train" else found


def _source(data: ImageData, split: Split, path: str) -> Iterator[ImageRow]:
    if is_scenes(path):
        yield from _starter(data, split, path)
        return
    where = Path(path).expanduser()
    rows: Iterator[ImageRow]
    if where.is_dir() and has_pictures(where):
        rows = (ImageRow(*found) for found in read_folder(where, data))
    else:
        rows = chain.from_iterable(_table(file, data) for file in find_files(where))
    for row in rows:
        yield row._replace(fixed=split != "train")


def _table(file: Path, data: ImageData) -> Iterator[ImageRow]:
    columns = find_image_columns(file, list(islice(_rows(file, None), PEEKED)), data)
    classes = class_names(file) if format_of(file) == ".parquet" else {}
    for row in _rows(file, columns):
        yield _found(row, columns, data, classes)


def _found(
    row: Row, columns: ImageColumns, data: ImageData, classes: dict[str, list[str]]
) -> ImageRow:
    values = row.values
    captions = texts_in(values, columns.captions)
    labels = classes_in(values, columns.labels)
    for name, known in classes.items():
        number = labels.get(name, "")
        if number.isdecimal() and int(number) < len(known):
            labels[name] = known[int(number)]
    source = values.get(columns.image)
    if isinstance(source, str):
        source = row.file.parent / source if source.strip() else None
    problem = row.problem
    if not problem and not is_wanted(values, data.where):
        problem = "filtered"
    elif not problem and not isinstance(source, bytes | Path):
        source, problem = None, "caption_without_picture" if captions else "no_picture"
    elif not problem and isinstance(source, Path) and not source.is_file():
        problem = "caption_without_picture" if captions else "missing"
    elif not problem and columns.captions and not captions:
        problem = "picture_without_caption"
    return ImageRow(row.file, row.line, source, captions, labels, False, problem, values)


def _rows(file: Path, columns: ImageColumns | None) -> Iterator[Row]:
    if format_of(file) == ".parquet":
        return read_parquet(file, None if columns is None else columns.all, batch=ROWS)
    return read_rows(file, strict=False)


def picture_columns(file: Path) -> list[str]:
    """The columns of a Parquet file that hold bytes which begin as pictures do."""
    first = list(islice(read_parquet(file, batch=PEEKED), PEEKED))
    held = {name: v for row in first for name, v in row.values.items() if isinstance(v, bytes)}
    return [name for name, data in held.items() if data.startswith(MAGIC) or data[8:12] == b"WEBP"]


def class_names(file: Path) -> dict[str, list[str]]:
    """What the numbers of a Parquet file's classes stand for, where `datasets` wrote it down."""
    schema = require("pyarrow.parquet", "data").read_schema(file)
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        return {name: about["names"] for name, about in features.items() if "names" in about}
    except (KeyError, ValueError, TypeError):
        return {}


# ---------------------------------------------------------------- scenes


def _starter(data: ImageData, split: Split, path: str) -> Iterator[ImageRow]:
    """Scenes drawn here: each with its wordings in both languages, and what is truly in it."""
    from jium.data.scenes import attributes, captions, draw, scenes

    asked = SCENES.fullmatch(path)
    assert asked is not None
    count, of = int(asked["count"] or STARTERS), asked["split"] or split
    for number, scene in enumerate(scenes(count, data.seed, of)):
        rng = Random(f"{data.seed} {of} {number}")
        said = [captions(scene, lang, rng) for _ in range(WORDINGS) for lang in ("ko", "en")]
        image = draw(scene, data.size)
        labels = attributes(scene)
        yield ImageRow(Path(path), number + 1, image, list(dict.fromkeys(said)), labels, True)


def _apart(data: ImageData, split: Split) -> list[str]:
    """Scenes to measure on, where scenes are trained on: those of their own split."""
    asked = [SCENES.fullmatch(path) for path in data.paths("train")]
    counts = [int(scenes["count"] or STARTERS) for scenes in asked if scenes]
    share = data.valid_share if split == "valid" else data.test_share
    if not counts or not share or split == "train":
        return []
    return [f"scenes:{max(MIN_SCENES, round(share * sum(counts)))}"]
