"""Columns on disk: Parquet, and the Arrow files of a saved `datasets` folder."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jium.data.compressed import damaged
from jium.data.row import Row, flat
from jium.errors import DataError, require

BATCH = 1024  # rows held at a time


def read_parquet(
    path: Path, columns: Sequence[str] | None = None, batch: int = BATCH
) -> Iterator[Row]:
    """Stream the rows of a Parquet file; only `columns`, where given, are read from disk. batch:
    rows held at a time: fewer where they are large.
    """
    parquet = require("pyarrow.parquet", "data")
    yield from _rows(path, _parquet_batches(parquet, path, columns, batch))


def read_arrow(path: Path) -> Iterator[Row]:
    """Stream the rows of an Arrow file, in the stream format (as of `datasets`) or the other."""
    yield from _rows(path, _arrow_batches(require("pyarrow", "data"), path))


def saved_files(folder: Path) -> list[Path] | None:
    """The Arrow files of a data set saved by `datasets`, in order; None for any other folder.

    Raises DataError for a saved dictionary of splits: a split must be named.
    """
    if (folder / "dataset_dict.json").is_file():
        splits = sorted(path.name for path in folder.iterdir() if (path / "state.json").is_file())
        raise DataError(
            "{path}: holds several splits: {splits}. Name one, as in data.train={path}/{first}",
            path=folder,
            splits=", ".join(splits),
            first="train" if "train" in splits else "".join(splits[:1]),
        )
    state = folder / "state.json"
    if not state.is_file():
        return None
    try:
        return [folder / file["filename"] for file in json.loads(state.read_text())["_data_files"]]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(state, error) from error


def _parquet_batches(
    parquet: Any, path: Path, columns: Sequence[str] | None, batch: int
) -> Iterator[Any]:
    with parquet.ParquetFile(path, page_checksum_verification=True) as file:
        yield from file.iter_batches(batch_size=batch, columns=columns)


def _arrow_batches(pyarrow: Any, path: Path) -> Iterator[Any]:
    with pyarrow.memory_map(str(path)) as file:
        try:
            batches = pyarrow.ipc.open_stream(file)
        except pyarrow.ArrowInvalid:
            reader = pyarrow.ipc.open_file(file)
            batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
        for batch in batches:
            yield from (batch.slice(i, BATCH) for i in range(0, batch.num_rows, BATCH))


def _rows(path: Path, batches: Iterator[Any]) -> Iterator[Row]:
    pyarrow = require("pyarrow", "data")
    number = 0
    try:
        for batch in batches:
            for values in batch.to_pylist():
                number += 1
                yield Row(flat(values), path, number)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise damaged(path, error) from error
    if not number:
        raise DataError("{path}: is empty.", path=path)
