"""Pictures: from a person's files to clean, split pictures on disk.

Everything is streamed. What stays in memory is some numbers a picture, to find those that stand
there twice and near copies of them, and the places where they are kept.
"""

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from jium.config import to_values
from jium.data.duplicates import Seen
from jium.data.image_data import ImageData, is_scenes
from jium.data.image_files import fit_image, read_image, reason_of
from jium.data.image_hash import pixel_hash
from jium.data.image_neighbours import Neighbours
from jium.data.image_rows import ImageRow, read_pictures
from jium.data.image_shapes import nearest_shape, shapes_of
from jium.data.image_store import Picture, Pictures, PictureWriter, Shape, names_of
from jium.data.preparing import ORDER, STEP, Progress, write_line
from jium.data.split import SPLITS, Split, choose_split
from jium.errors import DataError
from jium.files import make_folder, whole_file

__all__ = ["ImageData", "Picture", "Pictures", "Shape", "prepare_images"]

CAPTIONS = 3  # of a dropped picture that dropped.jsonl keeps
FORMAT = 1  # of the folder that is left


def prepare_images(
    data: ImageData,
    split: str,
    folder: str | Path,
    progress: Progress | None = None,
    again: bool = False,
) -> Pictures:
    """The pictures of a split, read, fitted and kept in `folder`; all splits are prepared at once,
    and found again the next time with the same settings, unless they are to be read `again`.

    The folder gets a store a split, dropped.jsonl (file, line, split, reason and message of each
    picture left out) and, last, report.json.
    progress: called now and then with the number of pictures seen.
    Raises DataError where none remains to train on, or the files cannot be read at all.
    """
    folder = Path(folder)
    if split not in SPLITS:
        raise DataError(
            "{path}: no split {split!r}. It has: {splits}.",
            path=folder,
            split=split,
            splits=", ".join(SPLITS),
        )
    if again or not _is_prepared(data, folder):
        _prepare(data, make_folder(folder), progress or (lambda pictures: None))
    return Pictures.load(folder / split)


class ImagePreparation:
    """One preparation: what was seen, counted and written so far."""

    def __init__(
        self,
        data: ImageData,
        writers: dict[Split, PictureWriter],
        dropped: TextIO,
        progress: Progress,
    ) -> None:
        self.data = data
        self.writers = writers
        self.file = dropped
        self.progress = progress
        self.shapes = shapes_of(data)
        self.rows = 0
        self.dropped: dict[Split, Counter[str]] = {split: Counter() for split in SPLITS}
        self.seen: dict[Split, Seen] = {split: Seen() for split in SPLITS}
        self.neighbours = Neighbours()

    def run(self) -> None:
        """What is set apart is read first: nothing is trained on that is measured on."""
        for split in ORDER:
            for row in read_pictures(self.data, split):
                self.rows += 1
                if self.rows % STEP == 0:
                    self.progress(self.rows)
                self._take(row, split)
        self.progress(self.rows)

    def _take(self, row: ImageRow, split: Split) -> None:
        if row.problem:
            self._drop(row, split, row.problem)
            return
        try:
            image = self._image(row)
        except DataError as refused:
            self._drop(row, split, reason_of(refused), str(refused))
            return
        if image is None:
            self._drop(row, split, "too_small")
            return
        place = split if row.fixed else self._place(image)
        if reason := self._why_known(image, place, drawn=isinstance(row.source, np.ndarray)):
            self._drop(row, split, reason)
        else:
            self.writers[place].add(Picture(image, row.captions, row.labels))

    def _image(self, row: ImageRow) -> NDArray[np.uint8] | None:
        """The picture as it is kept; None where it is too small. Raises DataError."""
        if isinstance(row.source, np.ndarray):
            return row.source
        assert row.source is not None
        found = read_image(row.source, row.name)
        if min(found.size) < self.data.min_side:
            return None
        shape = nearest_shape(self.shapes, found.height, found.width)
        return fit_image(found, *shape, self.data.fit)

    def _place(self, image: NDArray[np.uint8]) -> Split:
        """Where a near copy of it went already; else a matter of its own pixels."""
        valid_share = self.data.valid_share if self.data.valid is None else 0
        test_share = self.data.test_share if self.data.test is None else 0
        if not (valid_share or test_share):
            return "train"
        own = choose_split(f"{pixel_hash(image):016x}", self.data.seed, valid_share, test_share)
        return self.neighbours.settle(image, own)

    def _why_known(self, image: NDArray[np.uint8], place: Split, drawn: bool) -> str:
        """Why a picture that stands somewhere already is left out; scenes repeat as they like."""
        if drawn:
            return ""
        number = pixel_hash(image)
        for other in ORDER[: ORDER.index(place)]:
            if number in self.seen[other]:
                return f"in_{other}"
        twice = not self.seen[place].add(number)
        return "duplicate" if twice and place == "train" and self.data.drop_duplicates else ""

    def _drop(self, row: ImageRow, split: Split, reason: str, message: str = "") -> None:
        self.dropped[split][reason] += 1
        place = {"file": str(row.file), "line": row.line, "split": split, "reason": reason}
        about = {"message": message} if message else {}
        said = {"captions": row.captions[:CAPTIONS]} if row.captions else {}
        write_line(self.file, place | about | said)


def _is_prepared(data: ImageData, folder: Path) -> bool:
    """Whether the folder holds these pictures already, prepared with these settings."""
    try:
        report = json.loads((folder / "report.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return (report.get("format"), report.get("settings")) == (FORMAT, to_values(data))


def _prepare(data: ImageData, folder: Path, progress: Progress) -> None:
    (folder / "report.json").unlink(missing_ok=True)  # a folder with it is a finished one
    with ExitStack() as stack:
        writers = {s: stack.enter_context(PictureWriter(folder / s)) for s in SPLITS}
        dropped = stack.enter_context(whole_file(folder / "dropped.jsonl"))
        work = ImagePreparation(data, writers, dropped, progress)
        work.run()
    _check(work, folder)
    names = names_of(writers["train"].labels) | _scene_names(data)
    for split, writer in writers.items():
        writer.finish(names, dict(work.dropped[split].most_common()))
    with whole_file(folder / "report.json") as file:
        json.dump(_report(work), file, ensure_ascii=False, indent=1)


def _scene_names(data: ImageData) -> dict[str, list[str]]:
    """The classes of scenes, all of them and in their own order, where scenes are trained on."""
    if not any(map(is_scenes, data.paths("train"))):
        return {}
    from jium.data.scenes import ATTRIBUTES

    return {name: list(known) for name, known in ATTRIBUTES.items()}


def _check(work: ImagePreparation, folder: Path) -> None:
    if len(work.writers["train"]):
        return
    reasons = sum(work.dropped.values(), Counter()).most_common()
    raise DataError(
        "no picture to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
        rows=work.rows,
        dropped=", ".join(f"{why} {count}" for why, count in reasons) or "0",
        path=folder / "dropped.jsonl",
    )


def _report(work: ImagePreparation) -> dict[str, object]:
    return {
        "format": FORMAT,
        "rows": work.rows,
        "counts": {split: len(writer) for split, writer in work.writers.items()},
        "dropped": {split: dict(n.most_common()) for split, n in work.dropped.items()},
        "settings": to_values(work.data),
    }
