"""Chats: from a person's files to clean chats on disk, split and ready to be learned.

A chat is kept as a pair: what stands before its last answer is the source, the whole of it, as
JSON, the target. So it is prepared as pairs are, streamed, and nothing is trained on whose question
is measured on.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import ClassVar

from jium.config import config
from jium.data.chat_rows import Clean, read_chat_rows, why_not
from jium.data.clean import cleaner
from jium.data.duplicates import fingerprint
from jium.data.pair_data import STARTER, Pair, Paths
from jium.data.pair_rows import PairRow
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.row import Row
from jium.data.split import Shares, Split
from jium.errors import DataError
from jium.ranges import at_least
from jium.text.chat_template import Message
from jium.text.normalise import Cleaning


@config
class ChatData(Cleaning, Shares):
    """Where chats come from, and what is done to them."""

    both_directions: ClassVar[bool] = False  # of pairs

    train: Paths = STARTER  # files, folders, or "starter": the dialogues inside the package
    valid: Paths | None = None  # None: split off from train
    test: Paths | None = None
    folder: str | None = None  # where those files are; they are named relative to it
    question: str | None = None  # column by name, of rows of one exchange; None: a usual name
    answer: str | None = None
    system: str | None = None  # what chats without a system message begin with
    clean: bool = True  # False: none of the cleaning, messages stay as they stand
    drop_duplicates: bool = True  # chats that stand in train twice
    limit: int | None = None  # rows read of train at most: the first

    def __post_init__(self) -> None:
        for part in (Cleaning, Shares):
            part.__post_init__(self)
        at_least(1, limit=self.limit)

    def paths(self, split: str) -> list[str]:
        """The files and folders given for a split; the starter dialogues bring their own splits."""
        given: Paths | None = getattr(self, split)
        paths = [given] if isinstance(given, str) else list(given or [])
        if split != "train" and given is None and STARTER in self.paths("train"):
            paths = [STARTER]
        folder = Path(self.folder or "")
        return [path if path == STARTER else str(folder / path) for path in paths]


def prepare_chats(data: ChatData, out: str | Path, progress: Progress | None = None) -> Prepared:
    """Read, clean and split chats into the folder `out`, as `pairs.prepare` does pairs."""
    return prepare(data, out, progress, of=ChatPreparation)


def chats(prepared: Prepared, split: str) -> Iterator[list[Message]]:
    """The chats of a split, as prepared."""
    for pair in prepared.pairs(split):
        yield json.loads(pair.target)


def read_chats(data: ChatData, split: Split) -> Iterator[PairRow]:
    """Stream what is given for a split, cleaned."""
    clean = cleaner(data if data.clean else None, lines=True)
    for path in data.paths(split):
        if path == STARTER:
            yield from _starter(data, split)
            continue
        for row, messages, problem in read_chat_rows(path, data.question, data.answer, clean):
            yield PairRow(row, _pair(messages, data.system), split != "train", problem)


class ChatPreparation(Preparation):
    """The work of preparing chats."""

    def _read(self, split: Split) -> Iterator[PairRow]:
        rows = read_chats(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _why_drop(self, found: PairRow, split: Split, place: Split) -> str:
        if reason := found.problem or self._why_known(found.pair, place):
            return reason
        twice = split == "train" and self.data.drop_duplicates
        if twice and not self.seen.add(fingerprint(found.pair.source, found.pair.target)):
            return "duplicate"
        return ""

    def check(self, out: Path) -> None:
        if not self.counts["train"]:
            raise DataError(
                "no chat to train on, from {rows} rows. Dropped: {dropped}. See {path}.",
                rows=self.rows,
                dropped=self.reasons(),
                path=out / "dropped.jsonl",
            )


def _starter(data: ChatData, split: Split) -> Iterator[PairRow]:
    from jium.data import starter_dialogues

    # Written clean: it needs neither of the two libraries that the light core lacks.
    clean: Clean = cleaner(replace(data, html=False, mojibake=False) if data.clean else None, True)
    place = Path(STARTER) / split
    for number, found in enumerate(starter_dialogues.read(split), 1):
        messages = [{**m, "content": clean(m["content"])} for m in found.messages]
        row = Row({"messages": messages}, place, number)
        yield PairRow(row, _pair(messages, data.system), True, why_not(messages))


def _pair(messages: list[Message], system: str | None) -> Pair:
    """A chat up to its last answer as a pair."""
    while messages and messages[-1]["role"] != "assistant":
        messages = messages[:-1]
    if not messages:
        return Pair("", "")
    if system is not None and messages[0]["role"] != "system":
        messages = [{"role": "system", "content": system}, *messages]
    before = "\n".join(f"{one['role']}: {one['content']}" for one in messages[:-1])
    return Pair(before, json.dumps(messages, ensure_ascii=False))
