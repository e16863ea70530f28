import gzip
from pathlib import Path

import pytest
import zstandard

from jium.data.compressed import format_of, read_chunks
from jium.errors import DataError

TEXT = "ko\ten\n" + "나는 간다.\tI go.\n" * 5000
PACK = {".gz": gzip.compress, ".zst": zstandard.compress}


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_file_cut_short_is_damaged(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.tsv{ending}"
    whole = PACK[ending](TEXT.encode())
    for kept in (len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:kept])
        with pytest.raises(DataError, match=f"is damaged, or not a {ending} file"):
            list(read_chunks(path))


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_plain_file_with_a_packed_name_is_damaged(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.tsv{ending}"
    path.write_text(TEXT)
    with pytest.raises(DataError, match="is damaged"):
        list(read_chunks(path))


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_chunks_join_to_the_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.tsv{ending}"
    path.write_bytes(PACK.get(ending, bytes)(TEXT.encode()))
    assert b"".join(read_chunks(path)) == TEXT.encode()


def test_the_format_is_the_ending_before_the_compression() -> None:
    assert format_of(Path("x/Pairs.TSV.gz")) == ".tsv"
    assert format_of(Path("x/pairs.jsonl.zst")) == ".jsonl"
    assert format_of(Path("x/pairs")) == ""
