import json
from pathlib import Path

import pytest

from jium.data import inspect_column
from jium.data.inspect import inspect
from jium.errors import DataError

PAIRS = [("나는 간다.", "I go."), ("너는 온다.", "You come."), ("나는 간다.", "I go.")]


def write(path: Path, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_columns_and_duplicates_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", [("ko", "en"), *PAIRS, ("하나",), ("빈 칸", "")])
    report = inspect(path)
    assert (report.format, report.files, report.rows, report.duplicates) == ("tsv", 1, 5, 1)
    assert report.problems == {"ragged": 1}
    ko, en = report.columns
    assert (ko.name, ko.types, ko.empty) == ("ko", {"text": 4}, 0.0)
    assert (en.types, en.empty, en.shortest, en.longest) == ({"text": 3}, 0.25, 5, 9)
    assert ko.scripts == {"hangul": 1.0} and en.scripts == {"latin": 1.0}
    assert report.first == [{"ko": ko, "en": en} for ko, en in PAIRS]


def test_what_to_type_next_runs_in_a_shell(tmp_path: Path) -> None:
    path = write(tmp_path / "my pairs.tsv", [("ko", "en"), *PAIRS])
    report = inspect(path)
    assert report.guess == ("ko", "en")
    assert report.command == (
        f"jium train translate 'data.train={path}' data.source=ko data.target=en"
    )


def test_a_file_without_a_header_is_recognised(tmp_path: Path) -> None:
    report = inspect(write(tmp_path / "a.tsv", [(en, ko) for ko, en in PAIRS]))
    assert report.headerless and report.rows == 3
    assert report.guess == ("1", "0")  # Hangul is the source
    assert report.command.endswith("data.source=1 data.target=0")


def test_odd_names_are_guessed_by_what_the_columns_hold(tmp_path: Path) -> None:
    rows = [(str(i), en, ko, "x") for i, (ko, en) in enumerate(PAIRS)]
    report = inspect(write(tmp_path / "a.tsv", [("no", "text B", "text A", "kind"), *rows]))
    assert not report.headerless and report.guess == ("text A", "text B")


def test_without_two_texts_nothing_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("하나\n둘\n")
    assert (inspect(path).guess, inspect(path).command) == (None, "")


def test_types_and_missing_keys_of_json_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [{"n": 1, "ok": True}, {"n": None, "ok": False, "tags": ["x"]}, {"n": 1.5, "ok": True}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {column.name: column for column in inspect(path).columns}
    types = [columns[name].types for name in ("n", "ok", "tags")]
    assert types == [{"number": 2}, {"bool": 3}, {"list": 1}]
    assert columns["tags"].empty == pytest.approx(2 / 3)


def test_oddities_are_counted_by_column(tmp_path: Path) -> None:
    rows = [("ko", "en"), ("가\u200b", "<b>x</b>"), ("나\u200b", "y")]
    ko, en = inspect(write(tmp_path / "a.tsv", rows)).columns
    assert (ko.odd, en.odd) == ({"zero_width": 2}, {"html": 1})


def test_lengths_of_a_large_file_come_from_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("ko", "en")] + [("x" * (i % 100 + 1), "x") for i in range(3000)]
    path = write(tmp_path / "a.tsv", rows)
    exact = inspect(path).columns[0]
    assert (exact.shortest, exact.median, exact.p95, exact.longest) == (1, 51, 96, 100)
    monkeypatch.setattr(inspect_column, "SAMPLE", 500)
    sampled = inspect(path).columns[0]
    assert (sampled.shortest, sampled.longest) == (1, 100)
    assert abs(sampled.median - 51) < 10 and abs(sampled.p95 - 96) < 5
    assert inspect(path) == inspect(path)


def test_the_report_is_plain_values(tmp_path: Path) -> None:
    report = inspect(write(tmp_path / "a.tsv", [("ko", "en"), *PAIRS]))
    values = json.loads(json.dumps(report.to_dict()))
    assert values["columns"][0]["name"] == "ko" and values["guess"] == ["ko", "en"]


def test_a_folder_is_inspected_as_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.tsv", [("ko", "en"), *PAIRS])
    report = inspect(tmp_path)
    assert (report.files, report.rows, report.duplicates) == (2, 6, 4)


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        inspect(tmp_path / "a.tsv")
