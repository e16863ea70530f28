"""A folder of pictures, with what is said of them: beside each, or in a table.

`cat.png` may have its captions in `cat.txt` (a line each), or in a table of the folder that names
its file: captions.csv, captions.tsv, captions.jsonl, metadata.jsonl and the like. The folder
that a picture lies in is its class.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from jium.data.compressed import format_of
from jium.data.image_columns import (
    ImageColumns,
    classes_in,
    find_image_columns,
    is_wanted,
    texts_in,
)
from jium.data.image_data import ImageData
from jium.data.image_files import SUFFIXES
from jium.data.sources import FORMATS, SPLIT_NAME, read_rows
from jium.errors import DataError

TABLE_NAMES = ("captions", "caption", "metadata", "labels", "prompts", "캡션", "설명")
FOLDER = "folder"  # the label that a folder's name gives
PEEKED = 20


class Found(NamedTuple):
    """What `read_folder` finds; the fields of `image_rows.ImageRow`, in their order."""

    file: Path
    line: int
    source: Path | None
    captions: list[str]
    labels: dict[str, str]
    fixed: bool = False
    problem: str = ""
    values: dict[str, Any] = {}


class Said(NamedTuple):
    """What the tables of a folder say of one picture."""

    file: Path
    line: int
    captions: list[str]
    labels: dict[str, str]
    values: dict[str, Any]


def has_pictures(folder: Path) -> bool:
    """Whether there is a picture in the folder, or in a folder of it."""
    return next(_files(folder, SUFFIXES), None) is not None


def read_folder(folder: Path, data: ImageData) -> Iterator[Found]:
    """Every picture of a folder in order of name, and each caption that has none.

    Where some pictures have captions, those without are named too. Raises DataError for a folder
    with folders of different splits in it: read together, the test would be trained on.
    """
    check_one_split(folder)
    pictures = sorted(_files(folder, SUFFIXES))
    said, unread = _tables(folder, data)
    yield from unread
    beside = {path: _lines(path) for path in sorted(_files(folder, (".txt",))) if _is_note(path)}
    known = set(pictures)
    captioned = any(_says(path, said, beside) for path in pictures)
    yield from _without_picture(said, beside, known)
    for number, path in enumerate(pictures, 1):
        yield _picture(path, number, folder, data, said.get(path), beside, captioned)


def check_one_split(folder: Path) -> None:
    """Raise DataError where a folder holds train and test beside each other."""
    splits = sorted(p.name for p in folder.iterdir() if p.is_dir() and SPLIT_NAME.fullmatch(p.name))
    if len(splits) > 1:
        raise DataError(
            "{path}: holds several splits: {splits}. Name one, as in data.train={path}/{first}",
            path=folder,
            splits=", ".join(splits),
            first="train" if "train" in splits else splits[0],
        )


def _picture(
    path: Path,
    number: int,
    folder: Path,
    data: ImageData,
    said: Said | None,
    beside: dict[Path, list[str]],
    captioned: bool,
) -> Found:
    captions = [*(said.captions if said else []), *beside.get(path.with_suffix(".txt"), [])]
    labels = dict(said.labels) if said else {}
    inside = path.relative_to(folder).parts
    if len(inside) > 1 and (data.labels is None or FOLDER in data.labels):
        labels.setdefault(FOLDER, inside[0])
    values = {FOLDER: inside[0] if len(inside) > 1 else ""} | (said.values if said else {})
    problem = ""
    if not is_wanted(values, data.where):
        problem = "filtered"
    elif captioned and not captions and data.captions != []:
        problem = "picture_without_caption"
    return Found(path, number, path, captions, labels, False, problem, values)


def _says(path: Path, said: dict[Path, Said], beside: dict[Path, list[str]]) -> bool:
    """Whether anything is said of a picture: a note on something else asks no picture for words."""
    return bool(beside.get(path.with_suffix(".txt")) or (path in said and said[path].captions))


def _without_picture(
    said: dict[Path, Said], beside: dict[Path, list[str]], known: set[Path]
) -> Iterator[Found]:
    """The captions of pictures that are not there, by where they stand."""
    for path, one in said.items():
        if path not in known:
            yield Found(one.file, one.line, path, one.captions, one.labels, False, _why(path))
    notes = {path.with_suffix("") for path in known}
    for path, captions in beside.items():
        if path.with_suffix("") not in notes:
            yield Found(path, 1, None, captions, {}, False, "caption_without_picture")


def _why(path: Path) -> str:
    return "not_a_picture" if path.is_file() else "caption_without_picture"


def _tables(folder: Path, data: ImageData) -> tuple[dict[Path, Said], list[Found]]:
    """What the tables say of each file, which may stand in several rows, a caption in each; and the
    rows that cannot be read or name no file.
    """
    found: dict[Path, Said] = {}
    unread: list[Found] = []
    for table in sorted(_files(folder, tuple(FORMATS))):
        if table.name.split(".")[0].lower() not in TABLE_NAMES or format_of(table) == ".txt":
            continue
        columns = _columns(table, data)
        for row in read_rows(table, strict=False):
            name = row.values.get(columns.image)
            if row.problem or not isinstance(name, str) or not name.strip():
                problem = row.problem or "no_file_name"
                unread.append(Found(table, row.line, None, [], {}, False, problem))
                continue
            path = table.parent / name.strip()
            old = found.get(path, Said(table, row.line, [], {}, {}))
            captions = [*old.captions, *texts_in(row.values, columns.captions)]
            labels = old.labels | classes_in(row.values, columns.labels)
            found[path] = Said(old.file, old.line, captions, labels, old.values | row.values)
    return found, unread


def _columns(table: Path, data: ImageData) -> ImageColumns:
    """Those of a table; `folder` may be asked for, too, and is where a picture lies."""
    labels = None if data.labels is None else [name for name in data.labels if name != FOLDER]
    where = {name: wanted for name, wanted in data.where.items() if name != FOLDER}
    rows = list(islice(read_rows(table, strict=False), PEEKED))
    return find_image_columns(table, rows, replace(data, labels=labels, where=where))


def _is_note(path: Path) -> bool:
    """Whether a .txt belongs to a picture, by its name: notes on the whole folder do not."""
    return path.stem.lower() not in ("readme", "license", "licence", "notes", "requirements")


def _lines(path: Path) -> list[str]:
    text = path.read_text("utf-8", "replace").removeprefix("\ufeff")
    return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """The files of a folder and its folders with such endings, none that is hidden."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)
        if path.suffix.lower() in suffixes and not hidden and path.is_file():
            yield path
