"""What is in a set of pictures, for its card: topics, styles, languages, sizes, copies, rights."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jium.config import nearest
from jium.data.duplicates import Seen
from jium.data.image_columns import LICENCE_NAMES
from jium.data.image_data import ImageData, is_scenes
from jium.data.image_files import fit_image, read_image, reason_of
from jium.data.image_folders import has_pictures
from jium.data.image_hash import (
    frequency_hash,
    gradient_hash,
    groups_of,
    is_flat,
    near_pairs,
    pixel_hash,
)
from jium.data.image_rows import ImageRow, picture_columns, read_pictures
from jium.data.image_topics import STYLE_WORDS, TOPIC_WORDS, found_in
from jium.data.scripts import count_letters
from jium.data.sources import FORMATS
from jium.errors import DataError

EXAMPLES = 3  # of each reason, and groups of copies that are named
COMMONEST = 12  # classes and sizes
SAMPLE, SIDE = 48, 64  # pictures of the sheet on the card, and their pixels a side
OTHER = "other"


@dataclass
class ImageReport:
    """What was found. All counts are of pictures, where nothing else is said.

    removed: what is left out and why, examples of each beside it. languages: by the script of
    captions. sides: shortest, median and longest, of all sides. copies: pictures that stand there
    before, to the pixel; near: pictures that have a near copy, in `near_groups` groups.
    sheet: a sample to look at.
    """

    path: str
    column: str
    pictures: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    styles: dict[str, int] = field(default_factory=dict)
    captioned: int = 0
    captions: int = 0
    distinct: int = 0
    languages: dict[str, int] = field(default_factory=dict)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    sides: tuple[int, int, int] = (0, 0, 0)
    shapes: dict[str, int] = field(default_factory=dict)
    copies: int = 0
    near: int = 0
    near_groups: list[list[str]] = field(default_factory=list)
    flat: int = 0
    licences: dict[str, int] = field(default_factory=dict)
    licence_files: list[str] = field(default_factory=list)
    sheet: list[NDArray[np.uint8]] = field(default_factory=list, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values, for `--json`; without the sample."""
        values = asdict(self)
        del values["sheet"]
        return values


def holds_pictures(path: str | Path) -> bool:
    """Whether a path is a folder of pictures, a table with pictures in it, or scenes."""
    where = Path(path).expanduser()
    if is_scenes(str(path)):
        return True
    if where.is_dir():
        return has_pictures(where) or any(map(picture_columns, where.glob("*.parquet")))
    return where.suffix.lower() == ".parquet" and where.is_file() and bool(picture_columns(where))


def inspect_images(path: str | Path, image: str | None = None) -> ImageReport:
    """Read every picture of a folder or table once, and say what is there.

    image: the column, where several hold pictures; None: the first of them.
    Raises DataError where there is no such column, or nothing can be read at all.
    """
    where = Path(path).expanduser()
    tables = sorted(where.glob("*.parquet")) if where.is_dir() else [where]
    found = [name for t in tables if t.suffix == ".parquet" for name in picture_columns(t)]
    if image is not None and found and image not in found:
        raise DataError(
            "{path}: no column {column!r} with pictures.{near} It has: {columns}.",
            path=path,
            column=image,
            near=nearest(image, found),
            columns=", ".join(dict.fromkeys(found)),
        )
    column = image or (found[0] if found else None)
    return survey(ImageData(train=str(path), image=column), column or "")


def survey(data: ImageData, column: str = "") -> ImageReport:
    """Read every picture that is given to train on, and say what is there."""
    report = ImageReport(", ".join(data.paths("train")), column)
    work = Survey(data, report)
    for row in read_pictures(data, "train"):
        work.take(row)
    work.finish()
    report.licence_files = list(_licence_files(data.paths("train")))
    return report


class Survey:
    """One reading: what was seen and counted so far."""

    def __init__(self, data: ImageData, report: ImageReport) -> None:
        self.data = data
        self.report = report
        self.counts = {
            name: Counter[str]()
            for name in ("removed", "topics", "styles", "languages", "sizes", "shapes", "licences")
        }
        self.labels: dict[str, Counter[str]] = {}
        self.seen, self.texts = Seen(), set[str]()
        self.names: list[str] = []
        self.hashes: list[tuple[int, int]] = []
        self.sides: Counter[int] = Counter()
        self.random = Random(0)

    def take(self, row: ImageRow) -> None:
        """Count one row."""
        name = row.name if isinstance(row.source, Path) else f"{row.file.name}: {row.line}"
        try:
            image = None if row.problem else self._image(row)
        except DataError as refused:
            self._remove(reason_of(refused), name)
            return
        if image is None:
            self._remove(row.problem, name)
            return
        height, width = image.shape[:2]
        if min(height, width) < self.data.min_side:
            self._remove("too_small", name)
            return
        twice = not self.seen.add(pixel_hash(image))
        self.report.copies += twice
        if twice and self.data.drop_duplicates:
            self._remove("duplicate", name)
            return
        self._count_words(row)
        self._count_size(height, width)
        self._hash(image, name)
        self._keep(image)

    def finish(self) -> None:
        """Write what only the whole can tell."""
        for name, counts in self.counts.items():
            setattr(self.report, name, dict(counts.most_common()))
        report = self.report
        report.sizes = dict(self.counts["sizes"].most_common(COMMONEST))
        report.distinct = len(self.texts)
        report.labels = {n: dict(c.most_common(COMMONEST)) for n, c in self.labels.items()}
        report.classes = {name: len(counts) for name, counts in self.labels.items()}
        sides = sorted(self.sides.elements())
        if sides:
            report.sides = (sides[0], sides[len(sides) // 2], sides[-1])
        hashes = np.array(self.hashes, np.uint64).reshape(-1, 2)
        groups = groups_of(list(near_pairs(hashes[:, 0], hashes[:, 1])), len(hashes))
        report.near = sum(map(len, groups))
        report.near_groups = [[self.names[i] for i in group] for group in groups]

    def _image(self, row: ImageRow) -> NDArray[np.uint8]:
        if isinstance(row.source, np.ndarray):
            return row.source
        assert row.source is not None
        return np.asarray(read_image(row.source, row.name))

    def _remove(self, reason: str, name: str) -> None:
        self.counts["removed"][reason] += 1
        examples = self.report.examples.setdefault(reason, [])
        if len(examples) < EXAMPLES:
            examples.append(name)

    def _count_words(self, row: ImageRow) -> None:
        said = [*row.captions, *row.labels.values()]
        self.counts["topics"].update(found_in(said, TOPIC_WORDS) or [OTHER])
        self.counts["styles"].update(found_in(said, STYLE_WORDS) or [OTHER])
        self.report.captioned += bool(row.captions)
        self.report.captions += len(row.captions)
        self.texts.update(row.captions)
        self.counts["languages"].update(dict.fromkeys(map(language_of, row.captions), 1))
        for name, label in row.labels.items():
            self.labels.setdefault(name, Counter())[label] += 1
        given = [str(row.values[n]) for n in row.values if n.lower() in LICENCE_NAMES]
        self.counts["licences"].update(given[:1] or ["not given"])

    def _count_size(self, height: int, width: int) -> None:
        self.counts["sizes"][f"{width} x {height}"] += 1
        self.sides.update((height, width))
        ratio = width / height
        shape = "wide" if ratio > 1.15 else "tall" if ratio < 1 / 1.15 else "square"
        self.counts["shapes"][shape] += 1

    def _hash(self, image: NDArray[np.uint8], name: str) -> None:
        if is_flat(image):
            self.report.flat += 1
            return
        self.names.append(name)
        self.hashes.append((gradient_hash(image), frequency_hash(image)))

    def _keep(self, image: NDArray[np.uint8]) -> None:
        """Hold a fair sample (reservoir sampling, Vitter 1985, algorithm R)."""
        sheet, number = self.report.sheet, self.report.pictures
        self.report.pictures += 1
        place = number if number < SAMPLE else self.random.randrange(number + 1)
        if place < SAMPLE:
            small = _small(image)
            sheet[place : place + 1] = [small]


def language_of(text: str) -> str:
    """Korean, Latin letters, other scripts, or none, by the letters of most of a text."""
    letters = count_letters(text)
    if not letters:
        return "no letters"
    most = max(letters, key=lambda script: letters[script])
    return {"hangul": "Korean", "latin": "Latin letters"}.get(most, "other scripts")


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from jium.data.pillow import Image

    return fit_image(Image.fromarray(image), SIDE, SIDE, "pad")


def _licence_files(paths: Iterable[str]) -> Iterator[str]:
    """Files beside the pictures that say what may be done with them."""
    for path in paths:
        where = Path(path).expanduser()
        folder = where if where.is_dir() else where.parent
        for file in sorted(folder.glob("*")) if folder.is_dir() and not is_scenes(path) else ():
            known = file.suffix.lower() not in FORMATS or file.suffix.lower() == ".txt"
            if known and file.stem.lower() in ("license", "licence", "copying", "라이선스"):
                yield str(file)
