import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from jium.data.sources import find_files, read_rows
from jium.errors import DataError

ROWS = [{"ko": "나는 간다.", "en": "I go."}, {"ko": "너는 온다.", "en": "You come."}]
TSV = "ko\ten\n" + "".join(f"{row['ko']}\t{row['en']}\n" for row in ROWS)
JSONL = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def values(path: Path) -> list[dict[str, object]]:
    return [row.values for row in read_rows(path)]


def write_kind(folder: Path, kind: str) -> Path:
    path = folder / f"pairs{kind}"
    if kind == ".parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == ".arrow":
        table = pa.Table.from_pylist(ROWS)
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    else:
        text = {".tsv": TSV, ".csv": TSV.replace("\t", ","), ".jsonl": JSONL}
        text |= {".ndjson": JSONL, ".json": json.dumps(ROWS, indent=2)}
        write(path, text[kind])
    return path


@pytest.mark.parametrize(
    "kind", [".tsv", ".csv", ".jsonl", ".ndjson", ".json", ".parquet", ".arrow"]
)
def test_every_format_gives_the_same_rows(tmp_path: Path, kind: str) -> None:
    assert values(write_kind(tmp_path, kind)) == ROWS


@pytest.mark.parametrize("kind", [".tsv", ".csv", ".jsonl", ".json"])
@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_compressed_files_are_read_as_plain_ones(tmp_path: Path, kind: str, ending: str) -> None:
    plain = write_kind(tmp_path, kind).read_bytes()
    packed = {".gz": gzip.compress, ".zst": zstandard.compress}[ending](plain)
    path = tmp_path / f"packed{kind}{ending}"
    path.write_bytes(packed)
    assert values(path) == ROWS


def test_several_frames_in_one_file_are_all_read(tmp_path: Path) -> None:
    head, tail = TSV.encode()[:20], TSV.encode()[20:]
    (tmp_path / "a.tsv.zst").write_bytes(zstandard.compress(head) + zstandard.compress(tail))
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(head) + gzip.compress(tail))
    assert values(tmp_path / "a.tsv.zst") == values(tmp_path / "a.tsv.gz") == ROWS


def test_a_text_file_has_one_column(tmp_path: Path) -> None:
    assert values(write(tmp_path / "a.txt", "하나\n둘\n")) == [{"text": "하나"}, {"text": "둘"}]


def test_a_folder_is_its_files_in_order_of_name(tmp_path: Path) -> None:
    write(tmp_path / "b.tsv", "ko\ten\n둘\ttwo\n")
    write(tmp_path / "a.tsv", "ko\ten\n하나\tone\n")
    write(tmp_path / "README.txt", "Notes.")
    write(tmp_path / "info.json", "{}")
    write(tmp_path / ".hidden.tsv", "ko\ten\n셋\tthree\n")
    assert [row.values["en"] for row in read_rows(tmp_path)] == ["one", "two"]
    assert [row.file.name for row in read_rows(tmp_path)] == ["a.tsv", "b.tsv"]


def save_dataset(folder: Path) -> None:
    """What `datasets` leaves: Arrow streams, in the order that state.json names."""
    folder.mkdir()
    for name, row in zip(("data-1.arrow", "data-0.arrow"), ROWS, strict=True):
        table = pa.Table.from_pylist([row])
        with pa.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    files = [{"filename": "data-1.arrow"}, {"filename": "data-0.arrow"}]
    write(folder / "state.json", json.dumps({"_data_files": files}))


def test_a_saved_datasets_folder_is_read_in_its_own_order(tmp_path: Path) -> None:
    save_dataset(tmp_path / "saved")
    assert values(tmp_path / "saved") == ROWS


def test_a_saved_dictionary_of_splits_asks_which(tmp_path: Path) -> None:
    save_dataset(tmp_path / "train")
    save_dataset(tmp_path / "test")
    write(tmp_path / "dataset_dict.json", '{"splits": ["train", "test"]}')
    with pytest.raises(DataError, match="several splits: test, train.*data.train=.*/train$"):
        list(read_rows(tmp_path))


def test_a_folder_with_train_and_test_files_is_refused(tmp_path: Path) -> None:
    for name in ("train-00000-of-00002.tsv", "train-00001-of-00002.tsv", "test.tsv"):
        write(tmp_path / name, TSV)
    with pytest.raises(DataError, match="several splits: test.tsv, train-00000.*data.train="):
        find_files(tmp_path)
    (tmp_path / "test.tsv").unlink()
    assert len(find_files(tmp_path)) == 2


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path / "pairs.tsv", TSV)
    with pytest.raises(DataError, match=r'no such file. Did you mean "pairs.tsv"'):
        list(read_rows(tmp_path / "pears.tsv"))


def test_a_folder_without_data_lists_the_formats(tmp_path: Path) -> None:
    write(tmp_path / "notes.docx", "x")
    with pytest.raises(DataError, match=r"no data file in this folder.*\.tsv, \.csv"):
        list(read_rows(tmp_path))


def test_an_unknown_format_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"unknown format '.docx'.*\.parquet"):
        list(read_rows(write(tmp_path / "a.docx", "x")))


def test_an_unreadable_file_is_a_data_error(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").symlink_to(tmp_path / "a.tsv")
    with pytest.raises(DataError, match="a.tsv"):
        list(read_rows(tmp_path / "a.tsv"))


def test_strict_reading_stops_at_a_row_that_lenient_reading_marks(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", TSV + "하나뿐\n")
    with pytest.raises(DataError, match="line 4: cannot be read: ragged"):
        list(read_rows(path))
    assert [row.problem for row in read_rows(path, strict=False)] == ["", "", "ragged"]
