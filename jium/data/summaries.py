"""Documents with their summaries: pairs of which one side is far longer than the other."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import ClassVar

from jium.config import config
from jium.data.columns import by_number, guess
from jium.data.pair_data import STARTER, PairData
from jium.data.pair_rows import PEEKED, PairRow, read_pairs
from jium.data.pairs import Prepared, prepare
from jium.data.preparing import Preparation, Progress
from jium.data.sources import find_files, read_rows
from jium.data.split import Split
from jium.errors import ConfigError

# fmt: off
DOCUMENT_NAMES = (
    "document", "article", "text", "body", "content", "source", "src", "input",
    "본문", "문서", "기사", "원문",
)
SUMMARY_NAMES = (
    "summary", "title", "headline", "abstract", "highlights", "target", "tgt", "output",
    "요약", "요약문", "제목",
)
# fmt: on


@config
class SummaryData(PairData):
    """Where documents (the source) and summaries (the target) come from, and what is done to them.

    A document is kept whole, as one line; of one that is longer than the model takes its head is
    read, in training as in use.
    """

    system: ClassVar[None] = None  # a chatter that is taught to summarise is told nothing before

    max_chars: int = 100_000
    max_ratio: float = 10_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if STARTER in self.paths("train"):
            raise ConfigError("is missing; the recipe must give it.", key="train")
        for key in ("both_directions", "tag"):
            if getattr(self, key):
                raise ConfigError("is nothing that summaries have.", key=key)


def prepare_summaries(
    data: SummaryData, out: str | Path, progress: Progress | None = None
) -> Prepared:
    """Read, clean and split documents with summaries into the folder `out`, as `pairs.prepare` does
    pairs. What is no shorter than its document is no summary of it, and not trained on.
    """
    return prepare(data, out, progress, of=SummaryPreparation)


def read_summaries(data: SummaryData, split: Split) -> Iterator[PairRow]:
    """Stream what is given for a split, cleaned; columns are found by their usual names."""
    for path in data.paths(split):
        for file in find_files(path):
            yield from read_pairs(_of_file(data, file), split)


def _of_file(data: SummaryData, file: Path) -> SummaryData:
    """The same settings for one file, with what its columns are called."""
    place = str(file)
    named = replace(data, folder=None, train=place, valid=place, test=place)
    if by_number(*data.columns):
        return named
    rows = islice(read_rows(file, strict=False), PEEKED)
    present = list(dict.fromkeys(name for row in rows if not row.problem for name in row.values))
    source, target = data.columns[:2]
    if source is None:
        source = _only(present, DOCUMENT_NAMES, target)
    if target is None:
        target = _only(present, SUMMARY_NAMES, source)
    return replace(named, source=source, target=target)


def _only(present: list[str], names: tuple[str, ...], other: str | None) -> str | None:
    """The column that bears one of the names; None where none or several do."""
    found = [column for column in guess(present, names) if column != other]
    return found[0] if len(found) == 1 else None


class SummaryPreparation(Preparation):
    """The work of preparing documents with summaries."""

    def _read(self, split: Split) -> Iterator[PairRow]:
        rows = read_summaries(self.data, split)
        return islice(rows, self.data.limit) if split == "train" else rows

    def _why_drop(self, found: PairRow, split: Split, place: Split) -> str:
        shorter = len(found.pair.target) < len(found.pair.source)
        if split == "train" and found.pair.source and not found.problem and not shorter:
            return "not_shorter"
        return super()._why_drop(found, split, place)
