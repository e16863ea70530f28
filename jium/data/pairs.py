"""Sentence pairs: from a person's files to clean, filtered, split pairs on disk.

Everything is streamed. What stays in memory is a fingerprint a pair (10 to 16 bytes, see
`duplicates`) to find duplicates, and one for each text set apart for validation and test.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from jium.config import to_values
from jium.data.pair_data import STARTER, Pair, PairData
from jium.data.preparing import MIN_PAIRS, Preparation, Progress
from jium.data.sources import find_files
from jium.data.split import SPLITS
from jium.errors import DataError
from jium.files import make_folder, whole_file

__all__ = ["MIN_PAIRS", "Pair", "PairData", "Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Pairs on disk, ready to encode.

    counts: pairs by split. dropped: rows dropped, by reason; each stands in `dropped.jsonl`.
    """

    folder: Path
    counts: dict[str, int]
    dropped: dict[str, int]

    @classmethod
    def load(cls, folder: str | Path) -> "Prepared":
        """What `prepare` left in a folder."""
        folder = Path(folder)
        try:
            report = json.loads((folder / "report.json").read_text("utf-8"))
            return cls(folder, report["counts"], report["dropped"])
        except (OSError, ValueError, KeyError) as error:
            raise DataError(
                "{path}: holds no prepared pairs ({error}). Prepare them again.",
                path=folder,
                error=error,
            ) from error

    def pairs(self, split: str) -> Iterator[Pair]:
        """Stream the pairs of a split from disk."""
        if split not in self.counts:
            raise DataError(
                "{path}: no split {split!r}. It has: {splits}.",
                path=self.folder,
                split=split,
                splits=", ".join(self.counts),
            )
        with open(self.folder / f"{split}.jsonl", encoding="utf-8", newline="\n") as file:
            for line in file:
                yield Pair(**json.loads(line))


def prepare(
    data: Any,
    out: str | Path,
    progress: Progress | None = None,
    of: type[Preparation] = Preparation,
) -> Prepared:
    """Read, clean, filter and split the pairs of `data` into the folder `out`.

    It gets train.jsonl, valid.jsonl, test.jsonl, dropped.jsonl (file, line, reason and row, long
    values cut) and, last, report.json. Each file is whole or not there. The same data gives the
    same files, byte for byte.
    progress: called now and then with the number of rows read so far. of: the work that such data
    needs; `data` is then the section that it understands.
    Raises DataError where the files cannot be read as pairs, or too few remain.
    """
    out = make_folder(Path(out))
    (out / "report.json").unlink(missing_ok=True)  # a folder with it is a finished one
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(whole_file(out / f"{name}.jsonl"))
            for name in (*SPLITS, "dropped")
        }
        work = of(data, files, progress or (lambda rows: None))
        work.run()
    work.check(out)
    with whole_file(out / "report.json") as file:
        json.dump(_report(work), file, ensure_ascii=False, indent=1)
    return Prepared(out, work.counts, dict(work.dropped))


def _report(work: Preparation) -> dict[str, Any]:
    return {
        "rows": work.rows,
        "counts": work.counts,
        "dropped": dict(work.dropped.most_common()),
        "files": _digests(work.data),
        "settings": to_values(work.data),
    }


def _digests(data: Any) -> dict[str, str]:
    """SHA-256 of every file that was read."""
    paths = [path for split in SPLITS for path in data.paths(split) if path != STARTER]
    digests = {}
    for file in (file for path in paths for file in find_files(path)):
        with open(file, "rb") as opened:
            digests[str(file)] = file_digest(opened, "sha256").hexdigest()
    return digests
