"""Labelled texts out of a person's files, and every way in which they may be wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.labels import LabelData, prepare_labels
from jium.data.pairs import Prepared
from jium.errors import ConfigError, DataError

ROWS = [(f"{number}번째 날은 {word}", label) for number in range(30) for word, label in
        (("맑았다", "good"), ("흐렸다", "bad"))]  # fmt: skip


def table(path: Path, rows: list[Any], header: tuple[str, ...] = ("text", "label")) -> str:
    lines = ["\t".join(map(str, cells)) for cells in ([header] if header else []) + list(rows)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def prepared(place: Path, **settings: Any) -> Prepared:
    return prepare_labels(build(LabelData, settings, "data"), place / "out")


def read(found: Prepared, split: str) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in found.pairs(split)]


def dropped(found: Prepared) -> list[str]:
    lines = (found.folder / "dropped.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["reason"] for line in lines]


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize("header", [("document", "label"), ("리뷰", "감성"), ("Text", "Class")])
def test_columns_are_found_by_their_usual_names(tmp_path: Path, header: tuple[str, str]):
    found = prepared(tmp_path, train=table(tmp_path / "a.tsv", ROWS, header))
    assert sorted(sum((read(found, split) for split in found.counts), [])) == sorted(ROWS)


def test_columns_by_name_and_by_number(tmp_path: Path):
    named = table(tmp_path / "a.tsv", ROWS, ("x", "y"))
    bare = table(tmp_path / "b.tsv", ROWS, ())
    by_name = prepared(tmp_path, train=named, text="x", label="y")
    assert read(by_name, "train") == read(prepared(tmp_path, train=bare, text=0, label=1), "train")


def test_labels_are_text_and_may_be_given_names(tmp_path: Path):
    rows = [{"text": text, "label": int(label == "good")} for text, label in ROWS]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    plain = prepared(tmp_path, train=str(path))
    assert {label for _, label in read(plain, "train")} == {"0", "1"}
    found = prepared(tmp_path, train=str(path), names={"0": "나쁨", "1": "좋음"})
    assert {label for _, label in read(found, "train")} == {"나쁨", "좋음"}


def test_files_are_named_within_a_folder(tmp_path: Path):
    table(tmp_path / "train.tsv", ROWS[:40])
    table(tmp_path / "test.tsv", ROWS[40:])
    found = prepared(tmp_path, folder=str(tmp_path), train="train.tsv", test="test.tsv")
    assert read(found, "test") == ROWS[40:]


def test_nothing_is_trained_on_that_is_measured_on(tmp_path: Path):
    test = table(tmp_path / "test.tsv", [ROWS[0], ROWS[1]])
    valid = table(tmp_path / "valid.tsv", [ROWS[1], ROWS[2]])
    train = table(tmp_path / "train.tsv", [*ROWS, (ROWS[0][0], "another label"), ROWS[5]])
    found = prepared(tmp_path, train=train, valid=valid, test=test)
    assert read(found, "train") == ROWS[3:]
    assert (read(found, "valid"), read(found, "test")) == ([ROWS[2]], ROWS[:2])
    assert found.dropped == {"in_test": 4, "in_valid": 1, "duplicate": 1}
    assert sorted(dropped(found)) == ["duplicate", "in_test", "in_test", "in_test", "in_test",
                                      "in_valid"]  # fmt: skip


def test_texts_are_cleaned_and_odd_ones_kept(tmp_path: Path):
    odd = [("ㅋㅋㅋㅋㅋ 👍👍", "good"), ("שלום", "bad"), ("\u1100\u1161", "good")]
    path = table(tmp_path / "a.tsv", ROWS + odd)
    found = prepared(tmp_path, train=path, valid_share=0.0, test_share=0.0)
    assert read(found, "train")[-3:] == [("ㅋㅋ 👍👍", "good"), ("שלום", "bad"), ("가", "good")]
    as_is = prepared(tmp_path, train=path, valid_share=0.0, test_share=0.0, clean=False)
    assert read(as_is, "train")[-3:] == odd


def test_rows_that_cannot_be_used_are_counted_by_reason(tmp_path: Path):
    rows = [*ROWS, ("", "good"), ("글", ""), ("one cell",), ("가" * 50, "bad")]
    found = prepared(tmp_path, train=table(tmp_path / "a.tsv", rows), max_chars=40)
    reasons = {"empty_text": 1, "empty_label": 1, "ragged": 1, "too_long": 1}
    assert found.dropped == reasons
    assert sorted(dropped(found)) == sorted(reasons)


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("header", "settings", "message"),
    [
        (("text", "mood"), {}, r"a.tsv: which column is the label\? It has: text, mood. Name it"),
        (("body", "label"), {}, r"which column is the text\? It has: body, label"),
        (("text", "sentence"), {"label": "sentence"}, "which column is the text"),
        (("text", "label"), {"label": "lable"}, "no column 'lable'. Did you mean \"label\""),
        (("text", "label"), {"text": "x"}, "no column 'x'.*It has: text, label.*data.text="),
    ],
)
def test_a_missing_column_is_named_with_those_there_are(
    tmp_path: Path, header: tuple[str, str], settings: dict[str, Any], message: str
):
    if header == ("text", "sentence"):
        header = ("text", "sentence", "review")  # type: ignore[assignment]
    rows = [(*row, "x")[: len(header)] for row in ROWS]
    with pytest.raises(DataError, match=message):
        prepared(tmp_path, train=table(tmp_path / "a.tsv", rows, header), **settings)


def test_one_class_cannot_be_told_from_another(tmp_path: Path):
    rows = [(text, "good") for text, _ in ROWS]
    with pytest.raises(DataError, match=r"all \d+ texts to train on have the label 'good'"):
        prepared(tmp_path, train=table(tmp_path / "a.tsv", rows))


def test_a_column_that_is_no_label_is_noticed(tmp_path: Path):
    rows = [(f"글 {number}", f"id-{number}") for number in range(1200)]
    with pytest.raises(DataError, match=r"1\d\d\d different labels, 'id-.*at most 1000"):
        prepared(tmp_path, train=table(tmp_path / "a.tsv", rows))


def test_rows_without_text_leave_nothing(tmp_path: Path):
    path = table(tmp_path / "a.tsv", [("", "good"), ("", "bad")])
    with pytest.raises(DataError, match=r"no text to train on, from 2 rows. Dropped: empty_text 2"):
        prepared(tmp_path, train=path)


def test_an_empty_file_is_said(tmp_path: Path):
    (tmp_path / "a.tsv").write_text("")
    with pytest.raises(DataError, match="a.tsv: is empty"):
        prepared(tmp_path, train=str(tmp_path / "a.tsv"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "data.train: is missing"),
        ({"train": "a", "text": "x", "label": "x"}, "data.label: is the text column too: 'x'"),
        ({"train": "a", "text": 0}, "data.text: give text and label both by number"),
        ({"train": "a", "limit": 0}, "data.limit: must be at least 1; got 0"),
        ({"train": "a", "max_chars": 0}, "data.max_chars: must be at least 1; got 0"),
        ({"train": "a", "source": "x"}, "data.source: unknown key"),
    ],
)
def test_settings_that_cannot_be_are_explained(settings: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        build(LabelData, settings, "data")
