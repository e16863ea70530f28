"""Pictures on disk: the pixels of one shape in one flat file, read through a memory map.

A store is a folder: `pixels-HxW.bin` (uint8, RGB, picture after picture), `places.npy` (int64: the
shape of each picture, and its place among those), `captions.jsonl` (a list of texts a line) with
`captions.npy` (where each line begins), `labels.npy` (int32, -1: none) and `about.json`. Memory
stays flat however many pictures there are; any one is reached in constant time.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from jium.errors import DataError
from jium.files import explained, make_folder, write_text

Shape = tuple[int, int]  # height, width


class Picture(NamedTuple):
    """A picture as it is kept: uint8 (height, width, 3), what is said of it, and its classes."""

    image: NDArray[np.uint8]
    captions: Sequence[str] = ()
    labels: dict[str, str] = {}


@dataclass
class Pictures:
    """The pictures of one split.

    blocks: uint8 (pictures, height, width, 3), one a shape. places: (pictures, 2), the block of
    each and its place in it. labels: class numbers, (pictures,), -1 where there is none; names:
    what the numbers stand for. dropped: pictures left out of the split, by reason.
    """

    blocks: list[NDArray[np.uint8]]
    places: NDArray[np.int64]
    texts: Sequence[Sequence[str]] = field(repr=False)
    labels: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """What `write_pictures` left in a folder. Raises DataError where it is not whole."""
        folder = Path(folder)
        try:
            about = json.loads((folder / "about.json").read_text("utf-8"))
            table = np.load(folder / "labels.npy").astype(np.int64)
            return cls(
                [_block(folder, shape) for shape in about["shapes"]],
                np.load(folder / "places.npy"),
                Texts(folder),
                {name: table[:, i] for i, name in enumerate(about["names"])},
                about["names"],
                about["dropped"],
            )
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                "{path}: holds no prepared pictures ({error}). Prepare them again.",
                path=folder,
                error=error,
            ) from error

    @classmethod
    def hold(cls, pictures: Iterable[Picture]) -> Self:
        """Pictures in memory, such as a few to try something on."""
        kept = list(pictures)
        shapes = list(dict.fromkeys(picture.image.shape[:2] for picture in kept))
        counts = dict.fromkeys(shapes, 0)
        places = np.zeros((len(kept), 2), np.int64)
        for row, picture in enumerate(kept):
            shape = picture.image.shape[:2]
            places[row] = shapes.index(shape), counts[shape]
            counts[shape] += 1
        blocks = [np.stack([p.image for p in kept if p.image.shape[:2] == s]) for s in shapes]
        names = names_of(picture.labels for picture in kept)
        table = numbered([picture.labels for picture in kept], names).astype(np.int64)
        labels = {name: table[:, i] for i, name in enumerate(names)}
        return cls(blocks, places, [list(p.captions) for p in kept], labels, names)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def shapes(self) -> list[Shape]:
        """Height and width of each block."""
        return [(block.shape[1], block.shape[2]) for block in self.blocks]

    def rows(self, shape: int) -> NDArray[np.int64]:
        """The pictures of one shape, by its number in `shapes`."""
        return np.flatnonzero(self.places[:, 0] == shape)

    def image(self, row: int) -> NDArray[np.uint8]:
        """One picture, (height, width, 3)."""
        block, place = self.places[row].tolist()
        return np.asarray(self.blocks[block][place])

    def images(self, rows: NDArray | Sequence[int]) -> NDArray[np.uint8]:
        """Pictures of one shape together, (rows, height, width, 3)."""
        places = self.places[np.asarray(rows, np.int64)]
        assert len(np.unique(places[:, 0])) == 1, "pictures of several shapes make no one array"
        return np.asarray(self.blocks[places[0, 0]][places[:, 1]])

    def captions(self, row: int) -> list[str]:
        """What is said of a picture; may be nothing."""
        return list(self.texts[row])

    def named(self, row: int) -> dict[str, str]:
        """The classes of a picture by their names; those that it has."""
        found = {name: int(numbers[row]) for name, numbers in self.labels.items()}
        return {name: self.names[name][number] for name, number in found.items() if number >= 0}


class Texts(Sequence[list[str]]):
    """The captions of a store, a list a picture."""

    def __init__(self, folder: Path) -> None:
        self.starts = np.load(folder / "captions.npy")
        path = folder / "captions.jsonl"
        size = path.stat().st_size
        self.bytes = np.memmap(path, np.uint8, "r") if size else np.empty(0, np.uint8)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row):  # type: ignore[no-untyped-def]  # an index, as it is used here
        if not 0 <= row < len(self):
            raise IndexError(row)
        return json.loads(self.bytes[self.starts[row] : self.starts[row + 1]].tobytes())


class PictureWriter:
    """Fills a store bit by bit; use as a context, then `finish`."""

    def __init__(self, folder: Path) -> None:
        self.folder = make_folder(folder)
        (folder / "about.json").unlink(missing_ok=True)  # a folder with it is whole
        self.stack = ExitStack()
        self.files: dict[Shape, BinaryIO] = {}
        self.counts: dict[Shape, int] = {}
        self.places: list[tuple[int, int]] = []
        self.labels: list[dict[str, str]] = []
        self.starts = [0]

    def __enter__(self) -> Self:
        self.stack.enter_context(explained(self.folder))
        self.texts = self.stack.enter_context(open(self.folder / "captions.jsonl", "wb"))
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.__exit__(*error)  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.places)

    def add(self, picture: Picture) -> None:
        """Put a picture at the end."""
        shape = picture.image.shape[:2]
        if shape not in self.files:
            path = _path(self.folder, shape)
            self.files[shape] = self.stack.enter_context(path.open("wb"))
            self.counts[shape] = 0
        self.files[shape].write(np.ascontiguousarray(picture.image).tobytes())
        self.places.append((list(self.files).index(shape), self.counts[shape]))
        self.counts[shape] += 1
        line = json.dumps(list(picture.captions), ensure_ascii=False) + "\n"
        self.starts.append(self.starts[-1] + self.texts.write(line.encode("utf-8", "replace")))
        self.labels.append(picture.labels)

    def finish(self, names: dict[str, list[str]], dropped: dict[str, int]) -> None:
        """Write what is known at the end: which number each class has. Call it after the block."""
        with explained(self.folder):
            places = np.array(self.places, np.int64).reshape(-1, 2)
            np.save(self.folder / "places.npy", places)
            np.save(self.folder / "captions.npy", np.array(self.starts, np.int64))
            np.save(self.folder / "labels.npy", numbered(self.labels, names))
        shapes = [[*shape, self.counts[shape]] for shape in self.files]
        about = {"shapes": shapes, "names": names, "dropped": dropped}
        write_text(self.folder / "about.json", json.dumps(about, ensure_ascii=False))


def names_of(labels: Iterable[dict[str, str]]) -> dict[str, list[str]]:
    """The classes of every label that occurs, in order; numbers in the order of numbers."""
    found: dict[str, set[str]] = {}
    for row in labels:
        for name, label in row.items():
            found.setdefault(name, set()).add(label)
    return {name: sorted(found[name], key=_order) for name in sorted(found)}


def numbered(labels: Sequence[dict[str, str]], names: dict[str, list[str]]) -> NDArray[np.int32]:
    """(pictures, labels) class numbers, -1 where a picture has none, or one that is not known."""
    places = [{label: i for i, label in enumerate(known)} for known in names.values()]
    table = [
        [place.get(row.get(name, ""), -1) for name, place in zip(names, places, strict=True)]
        for row in labels
    ]
    return np.array(table, np.int32).reshape(len(labels), len(names))


def _order(label: str) -> tuple[float, str]:
    return (int(label) if label.isdecimal() and label.isascii() else float("inf"), label)


def _path(folder: Path, shape: Sequence[int]) -> Path:
    return folder / f"pixels-{shape[0]}x{shape[1]}.bin"


def _block(folder: Path, shape: Sequence[int]) -> NDArray[np.uint8]:
    height, width, count = shape
    return np.memmap(_path(folder, shape), np.uint8, "r", shape=(count, height, width, 3))
