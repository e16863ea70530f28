"""The work of preparing pairs: each row is placed in a split, or dropped for a reason."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from jium.data.duplicates import Seen, fingerprint
from jium.data.filters import why_drop, why_empty
from jium.data.pair_data import Pair
from jium.data.pair_rows import PairRow, read_pairs
from jium.data.row import Row
from jium.data.split import SPLITS, Split, choose_split
from jium.errors import DataError

MIN_PAIRS = 10  # fewer cannot be trained on
KEPT = 1000  # characters of a value that stay in dropped.jsonl
STEP = 1000  # rows between two calls of `progress`
ORDER: tuple[Split, ...] = ("test", "valid", "train")  # what is set apart is read first

Progress = Callable[[int], None]


class Preparation:
    """One preparation: what was seen, counted and written so far."""

    def __init__(self, data: Any, files: Mapping[str, TextIO], progress: Progress) -> None:
        self.data = data
        self.files = files
        self.progress = progress
        self.rows = 0
        self.counts: dict[str, int] = dict.fromkeys(SPLITS, 0)
        self.dropped: Counter[str] = Counter()
        self.seen = Seen()  # pairs
        self.held: dict[str, Seen] = {"test": Seen(), "valid": Seen()}  # texts set apart

    def run(self) -> None:
        if self.data.both_directions:
            self._hold_targets()
        for split in ORDER:
            for found in self._read(split):
                self._take(found, split)
        self.progress(self.rows)

    def check(self, out: Path) -> None:
        """Raise DataError where too few pairs remain to train on, or to validate with."""
        if self.counts["train"] < MIN_PAIRS:
            raise DataError(
                "{pairs} pairs to train on, from {rows} rows; at least {minimum} are needed. "
                "Dropped: {dropped}. See {path}.",
                pairs=self.counts["train"],
                rows=self.rows,
                minimum=MIN_PAIRS,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )
        if not self.counts["valid"] and (self.data.valid is not None or self.data.valid_share):
            raise DataError(
                "No pair to validate with, beside {pairs} to train on. Give data.valid=FILE, or "
                "set apart more than data.valid_share={share} of the pairs, as in "
                "data.valid_share=0.1.",
                pairs=self.counts["train"],
                share=self.data.valid_share,
            )

    def reasons(self) -> str:
        """How many rows were dropped for what, the commonest first."""
        return ", ".join(f"{why} {count}" for why, count in self.dropped.most_common()) or "0"

    def _read(self, split: Split) -> Iterator[PairRow]:
        """The rows given for a split; of train the first, where only so many are wanted."""
        rows = read_pairs(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _take(self, found: PairRow, split: Split) -> None:
        self.rows += 1
        if self.rows % STEP == 0:
            self.progress(self.rows)
        place = self._place(found, split)
        if reason := self._why_drop(found, split, place):
            self._drop(found.row, reason)
            return
        self._hold(found.pair, place)
        self.counts[place] += 1
        write_line(self.files[place], asdict(found.pair))

    def _place(self, found: PairRow, split: Split) -> Split:
        if found.given:
            return split
        valid_share = self.data.valid_share if self.data.valid is None else 0
        test_share = self.data.test_share if self.data.test is None else 0
        return choose_split(found.pair.source, self.data.seed, valid_share, test_share)

    def _why_drop(self, found: PairRow, split: Split, place: Split) -> str:
        source, target = found.pair.source, found.pair.target
        if reason := found.problem or why_empty(source, target):
            return reason
        if split == "train" and (reason := why_drop(source, target, self.data)):
            return reason
        if reason := self._why_known(found.pair, place):
            return reason
        if split == "train" and self.data.drop_duplicates:
            return "" if self.seen.add(fingerprint(source, target)) else "duplicate"
        return ""

    def _why_known(self, pair: Pair, place: Split) -> str:
        """Where a text is set apart already: nothing is measured on what it was trained on."""
        for other in ORDER[: ORDER.index(place)]:
            if any(text in self.held[other] for text in self._texts(pair)):
                return f"in_{other}"
        if (
            place == "test" and self.data.valid is not None
        ):  # split off from train, while valid was given
            return "in_valid" if any(t in self.held["valid"] for t in self._texts(pair)) else ""
        return ""

    def _texts(self, pair: Pair) -> list[int]:
        """What a model learns to read: the source; the target too where both directions are."""
        if pair.second:
            return [fingerprint(pair.source, pair.second)]
        texts = [pair.source, pair.target] if self.data.both_directions else [pair.source]
        return [fingerprint(text) for text in texts]

    def _hold(self, pair: Pair, place: Split) -> None:
        if place != "train":
            for text in self._texts(pair):
                self.held[place].add(text)

    def _hold_targets(self) -> None:
        """Read once ahead: a target set apart late in a file must not be trained on early in it."""
        for found in self._read("train"):
            source, target = found.pair.source, found.pair.target
            if not (
                found.problem or why_empty(source, target) or why_drop(source, target, self.data)
            ):
                self._hold(found.pair, self._place(found, "train"))

    def _drop(self, row: Row, reason: str) -> None:
        self.dropped[reason] += 1
        values = {name: _cut(value) for name, value in row.values.items()}
        place = {"file": str(row.file), "line": row.line}
        write_line(self.files["dropped"], {**place, "reason": reason, "row": values})


def write_line(file: TextIO, values: dict[str, Any]) -> None:
    """One object of JSON Lines."""
    file.write(json.dumps(values, ensure_ascii=False) + "\n")


def _cut(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else repr(value)
    cut = text if len(text) <= KEPT else f"{text[:KEPT]}... ({len(text)} characters)"
    return cut.encode("utf-8", "replace").decode("utf-8")
