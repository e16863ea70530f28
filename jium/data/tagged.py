"""Texts with entities: from a person's files to split texts with the places of what they name.

Offsets count characters of the text in NFC. Nothing else is cleaned: what a text loses or gains
would move its entities, and a tagger must read texts as people type them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from jium.config import config
from jium.data.duplicates import fingerprint
from jium.data.pair_data import Paths
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.row import Row
from jium.data.sources import find_files
from jium.data.split import Shares, Split
from jium.data.tagged_files import read_tagged_file
from jium.data.tagged_rows import Tagged, TaggedRow
from jium.errors import ConfigError, DataError
from jium.files import write_text
from jium.ranges import at_least
from jium.text.bio import Span

__all__ = ["Learned", "Tagged", "TaggedData", "prepare_tagged", "read_tagged", "tagged_texts"]

MOST_LABELS = 500
COUNTS = "labels.json"


@config
class TaggedData(Shares):
    """Where texts with entities come from."""

    both_directions: ClassVar[bool] = False  # pairs have two

    train: Paths  # files or folders
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    text: str | None = None  # column of the text or its tokens; None: one of the usual names
    tags: str | None = None  # column of the tags or the entities
    level: Literal["auto", "characters", "words"] = "auto"  # what a tag belongs to
    scheme: Literal["auto", "bio", "bioes", "io"] = "auto"
    names: list[str] = field(default_factory=list)  # tags by number, where tags are numbers
    max_chars: int = 10_000  # longer texts are not trained on
    drop_duplicates: bool = True  # texts that stand in train twice with the same entities
    limit: int | None = None  # rows read of train at most: the first
    swaps: int = 0  # copies of each text to train on, in which entities are exchanged for others

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.text is not None and self.text == self.tags:
            raise ConfigError("is the text column too: {column!r}.", key="tags", column=self.tags)
        at_least(1, max_chars=self.max_chars, limit=self.limit)
        at_least(0, swaps=self.swaps)

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else given or []
        return [str(Path(self.folder or "") / path) for path in paths]


def prepare_tagged(data: TaggedData, out: str | Path, progress: Progress | None = None) -> Prepared:
    """Read and split texts with entities into the folder `out`, as `pairs.prepare` does pairs; a
    line holds `text` and `spans`, [start, end, label] each.

    labels.json holds what there is to know of them (Learned).
    Raises DataError where there is no entity to learn.
    """
    return prepare(data, out, progress, of=TaggedPreparation)


def tagged_texts(prepared: Prepared, split: str) -> list[Tagged]:
    """The texts of a split of what `prepare_tagged` left."""
    with open(prepared.folder / f"{split}.jsonl", encoding="utf-8", newline="\n") as file:
        rows = [json.loads(line) for line in file]
    return [Tagged(row["text"], tuple(Span(*span) for span in row["spans"])) for row in rows]


@dataclass(frozen=True)
class Learned:
    """What the texts to train on hold.

    labels: how often each stands there, the commonest first. repaired: entities, of all splits,
    that began with an I that follows nothing. level: what tags belonged to; "characters" where
    places were given.
    """

    labels: dict[str, int]
    repaired: int
    level: str

    @classmethod
    def load(cls, prepared: Prepared) -> Self:
        """What `prepare_tagged` left in labels.json."""
        return cls(**json.loads((prepared.folder / COUNTS).read_text("utf-8")))


def read_tagged(data: TaggedData, split: Split) -> Iterator[TaggedRow]:
    """Stream what is given for a split."""
    for path in data.paths(split):
        for file in find_files(path):
            for found in read_tagged_file(file, data):
                yield found._replace(given=split != "train")


class TaggedPreparation(Preparation):
    """The work of preparing texts with entities."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.labels: Counter[str] = Counter()  # of the texts to train on
        self.units: set[str] = set()
        self.repaired = 0

    def _read(self, split: Split) -> Iterator[Any]:
        rows = read_tagged(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _take(self, found: Any, split: Split) -> None:
        """A row that is dropped is written down with what explains it."""
        row: Row = found.row._replace(values=found.row.values | found.found)
        super()._take(found._replace(row=row), split)

    def _why_drop(self, found: Any, split: Split, place: Split) -> str:
        tagged: Tagged = found.pair
        if found.problem:
            return found.problem
        if split == "train" and len(tagged.text) > self.data.max_chars:
            return "too_long"
        if reason := self._why_known(found.pair, place):
            return reason
        twice = split == "train" and self.data.drop_duplicates
        if twice and not self.seen.add(fingerprint(tagged.text, repr(tagged.spans))):
            return "duplicate"
        self.repaired += found.repaired
        self.units.add(found.unit)
        if place == "train":
            self.labels.update(span.label for span in tagged.spans)
        return ""

    def _texts(self, pair: Any) -> list[int]:
        return [fingerprint(pair.text)]

    def check(self, out: Path) -> None:
        if not self.counts["train"]:
            raise DataError(
                "no text to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
                rows=self.rows,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )
        if not self.labels:
            raise DataError(
                "no entity in {n} texts to train on: every tag is O. Is data.tags the right "
                "column?",
                n=self.counts["train"],
            )
        if len(self.labels) > MOST_LABELS:
            raise DataError(
                "{n} different labels, {label!r} among them; at most {most}. Is data.tags the "
                "right column?",
                n=len(self.labels),
                label=next(iter(self.labels)),
                most=MOST_LABELS,
            )
        level = "words" if self.units == {"words"} else "characters"
        found = Learned(dict(self.labels.most_common()), self.repaired, level)
        write_text(out / COUNTS, json.dumps(asdict(found), ensure_ascii=False, indent=1) + "\n")
