from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jium.data.parquet import read_arrow, read_parquet, saved_files
from jium.errors import DataError

ROWS = [{"id": i, "translation": {"ko": f"{i}번", "en": f"no. {i}"}} for i in range(3000)]


def test_rows_come_in_order_over_batches_and_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=700)
    rows = list(read_parquet(path))
    assert [row.line for row in rows] == list(range(1, 3001))
    assert rows[-1].values == {"id": 2999, "translation.ko": "2999번", "translation.en": "no. 2999"}


def test_only_the_columns_wanted_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS[:2]), path)
    rows = list(read_parquet(path, ["translation.en"]))
    assert [row.values for row in rows] == [
        {"translation.en": "no. 0"},
        {"translation.en": "no. 1"},
    ]


@pytest.mark.parametrize("new", [pa.ipc.new_stream, pa.ipc.new_file])
def test_both_formats_of_arrow_files_are_read(tmp_path: Path, new) -> None:  # type: ignore[no-untyped-def]
    table = pa.Table.from_pylist(ROWS)
    with new(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert [row.values["id"] for row in read_arrow(tmp_path / "a.arrow")] == list(range(3000))


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_damaged_parquet_file_is_named(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(DataError, match="a.parquet: is damaged, or not a .parquet file"):
        list(read_parquet(path))


def test_damage_in_the_middle_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist(ROWS), path, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged"):
        list(read_parquet(path))


def test_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS[:1]).slice(0, 0), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="is empty"):
        list(read_parquet(tmp_path / "a.parquet"))


def test_a_damaged_state_of_a_saved_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(DataError, match="state.json: is damaged"):
        saved_files(tmp_path)
    assert saved_files(tmp_path.parent) is None
