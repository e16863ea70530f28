"""Which columns of a table hold a picture, what is said of it, and its classes."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jium.config import nearest
from jium.data.image_data import ImageData
from jium.data.row import Row
from jium.errors import DataError

FILE_NAMES = (
    "file_name", "filename", "file", "path", "file_path", "image", "image_path", "image_file",
    "img", "picture", "photo", "파일", "파일명", "그림", "이미지", "사진",
)  # fmt: skip
CAPTION_NAME = re.compile(
    r"(captions?|texts?|prompts?|descriptions?|titles?|alt(_text)?|sentences?|ko|en)(_[a-z]{2})?"
    r"|캡션|설명|제목|문장|글",
    re.IGNORECASE,
)
LABEL_NAMES = (
    "label", "class", "category", "group", "genre", "style", "artist", "topic", "subject",
    "species", "folder", "라벨", "레이블", "분류", "종류", "화풍", "주제",
)  # fmt: skip
LICENCE_NAMES = ("license", "licence", "rights", "copyright", "라이선스", "저작권")


class ImageColumns(NamedTuple):
    """Where picture, captions and classes stand; other: what a filter or the card reads."""

    image: str
    captions: tuple[str, ...]
    labels: tuple[str, ...]
    other: tuple[str, ...] = ()

    @property
    def all(self) -> list[str]:
        """Every column that is read."""
        return list(dict.fromkeys((self.image, *self.captions, *self.labels, *self.other)))


def find_image_columns(path: Path, first: Sequence[Row], data: ImageData) -> ImageColumns:
    """The columns given, checked, or found: bytes, or a usual name with paths under it.

    first: the first rows of the table. Raises DataError, with what is there and what to type, for a
    column that is absent or in doubt.
    """
    rows = [row.values for row in first if not row.problem]
    present = list(dict.fromkeys(name for values in rows for name in values))
    image = _image(path, rows, present, data.image)
    free = [name for name in present if name != image and not _is_bytes(rows, name)]
    captions = _given(path, present, "captions", data.captions)
    if captions is None:
        captions = [name for name in free if CAPTION_NAME.fullmatch(name)]
    labels = _given(path, present, "labels", data.labels)
    if labels is None:
        labels = [n for n in free if n.lower() in LABEL_NAMES and n not in captions]
    compared = [
        value[1:] for values in data.where.values() for value in _list(values) if "=" in value[:1]
    ]
    other = _given(path, present, "where", [*data.where, *compared]) or []
    other += [name for name in free if name.lower() in LICENCE_NAMES]
    return ImageColumns(image, tuple(captions), tuple(labels), tuple(other))


def texts_in(values: dict[str, Any], columns: Sequence[str]) -> list[str]:
    """What a row says of its picture, each text once; a column may hold several."""
    found = [text for name in columns for text in _list(values.get(name))]
    texts = (" ".join(str(text).split()) for text in found if text is not None)
    return list(dict.fromkeys(text for text in texts if text))


def classes_in(values: dict[str, Any], columns: Sequence[str]) -> dict[str, str]:
    """The classes of a row; those that it has."""
    found = {name: values.get(name) for name in columns}
    return {n: str(v).strip() for n, v in found.items() if v is not None and str(v).strip()}


def is_wanted(values: dict[str, Any], where: dict[str, str | list[str]]) -> bool:
    """Whether every column that is asked about has one of the values asked for."""
    return all(
        any(_equals(values, name, wanted) for wanted in _list(wanteds))
        for name, wanteds in where.items()
    )


def _equals(values: dict[str, Any], name: str, wanted: str) -> bool:
    other = values.get(wanted[1:]) if wanted.startswith("=") else wanted
    return str(values.get(name)) == str(other)


def _image(path: Path, rows: list[dict[str, Any]], present: list[str], given: str | None) -> str:
    if given is not None:
        return (_given(path, present, "image", [given]) or [given])[0]
    found = [name for name in present if _is_bytes(rows, name)]
    if not found:
        found = [name for name in present if name.lower() in FILE_NAMES][:1]
    if len(found) == 1:
        return found[0]
    raise DataError(
        "{path}: which column is the picture? It has: {columns}. Name it: data.image=...",
        path=path,
        columns=", ".join(found or present) or "-",
    )


def _given(
    path: Path, present: list[str], side: str, names: Sequence[str] | None
) -> list[str] | None:
    """Columns that a person named, as they stand; `image` may be stored as `image.bytes`."""
    found = []
    for name in names or []:
        inside = f"{name}.bytes" if side == "image" and f"{name}.bytes" in present else name
        if inside not in present:
            raise DataError(
                "{path}: no column {column!r}.{near} It has: {columns}. Name one: data.{side}=...",
                path=path,
                column=name,
                near=nearest(name, present),
                columns=", ".join(present),
                side=side,
            )
        found.append(inside)
    return None if names is None else found


def _is_bytes(rows: list[dict[str, Any]], name: str) -> bool:
    return any(isinstance(values.get(name), bytes) for values in rows)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
