import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data.tables import read_table
from jium.errors import DataError

CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_a_tsv_is_read_without_quoting(tmp_path_factory, rows) -> None:  # type: ignore[no-untyped-def]
    text = "ko\ten\n" + "".join(f"{ko}\t{en}\n" for ko, en in rows)
    path = write(tmp_path_factory.getbasetemp() / "any.tsv", text)
    assert [tuple(row.values.values()) for row in read_table(path)] == rows


@given(st.lists(st.tuples(CELL, CELL | st.sampled_from(["a\nb", 'say "hi"', "1,2"])), min_size=1))
def test_a_csv_written_by_the_csv_module_comes_back(tmp_path_factory, rows) -> None:  # type: ignore[no-untyped-def]
    text = io.StringIO()
    csv.writer(text).writerows([("ko", "en"), *rows])
    path = write(tmp_path_factory.getbasetemp() / "any.csv", text.getvalue())
    assert [tuple(row.values.values()) for row in read_table(path)] == rows


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_a_csv_is_found(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path / "a.csv", f"ko{delimiter}en\n나{delimiter}I\n")
    assert [row.values for row in read_table(path)] == [{"ko": "나", "en": "I"}]


def test_stray_quotation_marks_in_a_tsv_are_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'ko\ten\n"나\t"I\n너\tyou"\n')
    assert [row.values["en"] for row in read_table(path)] == ['"I', 'you"']


def test_rows_know_their_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'ko,en\n"두\n줄",two\n\n셋,three\n')
    assert [row.line for row in read_table(path)] == [2, 5]


def test_a_ragged_row_is_marked_and_the_rest_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "ko\ten\n나\tI\n너\n그\the\tx\n우리\twe\n나\tI\n")
    rows = list(read_table(path))
    assert [(row.line, row.problem) for row in rows if row.problem] == [
        (3, "ragged"),
        (4, "ragged"),
    ]
    assert rows[2].values == {"0": "그", "1": "he", "2": "x"}


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, ending: str) -> None:
    text = "one, two\tthree\nplain\ntext\nand more, of it, all\n"
    with pytest.raises(DataError, match="line 2: 1 cells where line 1 has 2, and so in"):
        list(read_table(write(tmp_path / f"a.{ending}", text)))


def test_without_a_header_columns_are_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "나\tI\n너\tyou\n")
    rows = list(read_table(path, header=False))
    assert [row.values for row in rows] == [{"0": "나", "1": "I"}, {"0": "너", "1": "you"}]
    assert rows[0].line == 1


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_one_line_is_a_header_without_rows(tmp_path: Path, ending: str) -> None:
    with pytest.raises(DataError, match="has one line, and no rows under it.*data.source=0"):
        list(read_table(write(tmp_path / f"a.{ending}", "ko,en\ten\n")))


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two columns are named 'ko'"):
        list(read_table(write(tmp_path / "a.tsv", "ko\tko\n나\tI\n")))


@pytest.mark.parametrize("rows", [1, 200])
def test_a_quotation_mark_that_never_closes_is_named_by_line(tmp_path: Path, rows: int) -> None:
    text = 'ko,en\n나,I\n"너,you\n' + "그,he\n" * rows
    with pytest.raises(DataError, match="line 3: a quotation mark opens here and never closes"):
        list(read_table(write(tmp_path / "a.csv", text)))


def test_bad_quoting_within_a_csv_is_marked_and_the_rest_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'ko,en\n나,I\n"너"x,you\n그,he\n')
    assert [(row.line, row.problem) for row in read_table(path)] == [
        (2, ""),
        (3, "bad_quotes"),
        (4, ""),
    ]


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_a_line_of_ten_megabytes_is_a_row_like_any(tmp_path: Path, ending: str) -> None:
    mark = "\t" if ending == "tsv" else ","
    text = f"ko{mark}en\n{'가' * 3_500_000}{mark}x\n너{mark}you\n"
    rows = list(read_table(write(tmp_path / f"a.{ending}", text)))
    assert [len(row.values["ko"]) for row in rows] == [3_500_000, 1]


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_a_line_over_the_limit_is_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("jium.data.lines.MAX_LINE", 50)
    mark = "\t" if ending == "tsv" else ","
    text = f"ko{mark}en\n나{mark}I\n{'가' * 50}{mark}x\n너{mark}you\n그{mark}he\n"
    rows = list(read_table(write(tmp_path / f"a.{ending}", text)))
    assert [(row.line, row.problem) for row in rows] == [(2, ""), (3, "too_long"), (4, ""), (5, "")]


def test_a_line_end_within_quotes_is_kept_as_it_is(tmp_path):
    """Places of entities and answers count it."""
    file = tmp_path / "a.csv"
    file.write_bytes('text,label\r\n"한 줄\r\n두 줄",x\r\n셋,y\r\n'.encode())
    found = [(row.values["text"], row.values["label"]) for row in read_table(file)]
    assert found == [("한 줄\r\n두 줄", "x"), ("셋", "y")]
