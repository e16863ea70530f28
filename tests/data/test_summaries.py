"""Documents and summaries out of a person's files."""

import json
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.pairs import Prepared
from jium.data.summaries import SummaryData, prepare_summaries
from jium.errors import ConfigError, DataError


def rows(n: int = 20, names: tuple[str, str] = ("document", "summary")) -> list[dict[str, Any]]:
    made = [(f"{i}번 글. " + "아주 긴 이야기가 이어집니다. " * 20, f"{i}번 요약") for i in range(n)]
    return [dict(zip(names, one, strict=True)) | {"category": "가"} for one in made]


def prepared(place: Path, made: list[dict[str, Any]], **settings: Any) -> Prepared:
    path = place / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")
    shares = {"valid_share": 0.0, "test_share": 0.0}
    data = build(SummaryData, {"train": str(path), **shares, **settings}, "data")
    return prepare_summaries(data, place / "out")


@pytest.mark.parametrize(
    "names", [("document", "summary"), ("article", "headline"), ("본문", "제목"), ("text", "title")]
)
def test_columns_are_found_by_their_usual_names(tmp_path: Path, names: tuple[str, str]) -> None:
    found = prepared(tmp_path, rows(names=names))
    assert found.counts["train"] == 20 and not found.dropped
    first = next(found.pairs("train"))
    assert first.source.startswith("0번 글.") and first.target == "0번 요약"


def test_a_column_can_be_named(tmp_path: Path) -> None:
    made = [row | {"title": f"{i}번 제목"} for i, row in enumerate(rows())]
    assert next(prepared(tmp_path, made, target="title").pairs("train")).target == "0번 제목"
    with pytest.raises(DataError, match="which column is the target"):
        prepared(tmp_path, made)


def test_a_file_without_a_header_is_read_by_number(tmp_path: Path) -> None:
    lines = [f"{row['document']}\t{row['summary']}\n" for row in rows()]
    (tmp_path / "rows.tsv").write_text("".join(lines), "utf-8")
    values = {"train": str(tmp_path / "rows.tsv"), "source": 0, "target": 1, "valid_share": 0.0}
    found = prepare_summaries(build(SummaryData, values, "data"), tmp_path / "out")
    assert sum(found.counts.values()) == 20


def test_long_documents_stay_and_what_is_no_summary_goes(tmp_path: Path) -> None:
    long = {"document": "긴 글. " * 10_000, "summary": "짧게"}
    copied = {"document": "짧은 글", "summary": "짧은 글을 더 길게"}
    same = {"document": "같은 글", "summary": "같은 글"}
    empty = {"document": "글만 있다", "summary": " "}
    found = prepared(tmp_path, [*rows(), long, copied, same, empty])
    assert found.counts["train"] == 21
    assert found.dropped == {"not_shorter": 2, "empty_target": 1}


def test_a_document_measured_on_is_not_trained_on(tmp_path: Path) -> None:
    test = tmp_path / "test.jsonl"
    test.write_text(json.dumps(rows(1)[0], ensure_ascii=False), "utf-8")
    found = prepared(tmp_path, rows(), test=str(test))
    assert (found.counts["train"], found.counts["test"]) == (19, 1)
    assert found.dropped == {"in_test": 1}


@pytest.mark.parametrize(
    "values, key",
    [
        ({}, "train"),
        ({"train": "starter"}, "train"),
        ({"train": "a.tsv", "both_directions": True}, "both_directions"),
        ({"train": "a.tsv", "tag": "domain"}, "tag"),
        ({"train": "a.tsv", "system": "x"}, "system"),
    ],
)
def test_what_summaries_do_not_have_is_refused(values: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as error:
        build(SummaryData, values, "data")
    assert error.value.key == f"data.{key}"
