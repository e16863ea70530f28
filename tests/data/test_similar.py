"""Sentences near in meaning, from files of four kinds."""

import json
from pathlib import Path
from typing import Any

import pytest

from jium.config import build
from jium.data.similar import read_scored_file, read_similar
from jium.data.similar_data import Similar, SimilarData
from jium.errors import ConfigError, DataError

SCORED = [
    ("비가 온다.", "비가 내린다.", 5),
    ("아이가 웃는다.", "개가 짖는다.", 0),
    ("차가 간다.", "버스가 간다.", 2.5),
]
VALID = [("눈이 온다.", "눈이 내린다.", 4), ("밥을 먹는다.", "잠을 잔다.", 1)]
NLI = [
    ("그는 노래한다.", "그는 소리를 낸다.", "entailment"),
    ("그는 노래한다.", "그는 조용하다.", "contradiction"),
    ("그는 노래한다.", "그는 가수다.", "neutral"),
    ("문이 열렸다.", "문은 닫혀 있지 않다.", "entailment"),
]


def write(path: Path, names: str, rows: list[tuple[Any, ...]]) -> str:
    lines = [dict(zip(names.split(), row, strict=True)) for row in rows]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path.name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "scored.jsonl", "sentence1 sentence2 score", SCORED)
    write(tmp_path / "valid.jsonl", "sentence1 sentence2 score", VALID)
    write(tmp_path / "nli.jsonl", "premise hypothesis label", NLI)
    write(tmp_path / "pairs.jsonl", "ko en", [("물", "water"), ("불", "fire")])
    write(tmp_path / "texts.jsonl", "text", [("첫 글이다.",), ("둘째 글이다.",)])
    return tmp_path


def data(folder: Path, *sources: dict[str, Any], **more: Any) -> SimilarData:
    given = {"folder": str(folder), "valid": "valid.jsonl", "test_share": 0.0} | more
    return build(SimilarData, {"sources": list(sources), **given}, "data")


def test_scores_are_brought_to_0_to_1(folder: Path):
    found = read_similar(data(folder, {"kind": "scored", "train": "scored.jsonl"}))
    assert [example.score for example in found.sources[0]] == [1.0, 0.0, 0.5]
    assert [example.score for example in found.valid] == [0.8, 0.2]


def test_of_nli_what_follows_is_right_and_what_contradicts_is_wrong(folder: Path):
    found = read_similar(data(folder, {"kind": "nli", "train": "nli.jsonl"}))
    assert found.sources == [
        [
            Similar("그는 노래한다.", "그는 소리를 낸다.", negative="그는 조용하다."),
            Similar("문이 열렸다.", "문은 닫혀 있지 않다."),
        ]
    ]


def test_pairs_and_texts_are_pairs_without_a_score(folder: Path):
    found = read_similar(
        data(
            folder,
            {"kind": "pairs", "train": "pairs.jsonl"},
            {"kind": "texts", "train": "texts.jsonl"},
        )
    )
    assert found.sources[0] == [Similar("물", "water"), Similar("불", "fire")]
    assert found.sources[1][0] == Similar("첫 글이다.", "첫 글이다.")
    assert list(found.texts()) == ["물", "water", "불", "fire", "첫 글이다.", "둘째 글이다."]


def test_a_pair_that_is_measured_on_is_not_trained_on_in_either_order(folder: Path):
    write(folder / "more.jsonl", "sentence1 sentence2 score", [VALID[0][1::-1] + (4,), SCORED[0]])
    found = read_similar(data(folder, {"kind": "scored", "train": "more.jsonl"}))
    assert [example.first for example in found.sources[0]] == ["비가 온다."]
    assert found.dropped == {"held_out": 1}


def test_without_a_file_a_share_of_the_scored_pairs_is_set_apart(folder: Path):
    rows = [(f"문장 {n}입니다.", f"문장 {n}이에요.", n % 6) for n in range(200)]
    write(folder / "many.jsonl", "sentence1 sentence2 score", rows)
    source = {"kind": "scored", "train": "many.jsonl"}
    found = read_similar(data(folder, source, valid=None, valid_share=0.2, test_share=0.1))
    sizes = [len(found.sources[0]), len(found.valid), len(found.test)]
    assert sum(sizes) == 200 and 20 <= sizes[1] <= 60 and 8 <= sizes[2] <= 40
    firsts = [{e.first for e in part} for part in (found.sources[0], found.valid, found.test)]
    assert not (firsts[0] & firsts[1] or firsts[0] & firsts[2] or firsts[1] & firsts[2])


def test_long_and_empty_sentences_are_counted_out(folder: Path):
    rows = [("가" * 301, "나", 1), ("", "나", 1), ("가", "나", 1)]
    write(folder / "odd.jsonl", "sentence1 sentence2 score", rows)
    found = read_similar(data(folder, {"kind": "scored", "train": "odd.jsonl"}))
    assert len(found.sources[0]) == 1
    assert found.dropped == {"too_long": 1, "empty": 1}


def test_columns_may_be_named(folder: Path):
    write(folder / "own.jsonl", "a b near", [("하나", "둘", 3)])
    columns = {"first": "a", "second": "b", "score": "near"}
    found = read_similar(data(folder, {"kind": "scored", "train": "own.jsonl"} | columns))
    assert found.sources[0] == [Similar("하나", "둘", 0.6)]


def test_a_column_that_says_where_a_row_is_from_is_not_taken_for_a_sentence(folder: Path):
    rows = [("비가 온다.", "비가 내린다.", 5, "news")]
    write(folder / "more.jsonl", "sentence1 sentence2 score source", rows)
    found = read_scored_file(str(folder / "more.jsonl"))
    assert found == [Similar("비가 온다.", "비가 내린다.", 1.0)]


def test_a_file_alone_can_be_read_to_measure_on(folder: Path):
    found = read_scored_file(str(folder / "valid.jsonl"), lowest=0.0, highest=4.0)
    assert [example.score for example in found] == [1.0, 0.25]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            {"kind": "scored", "train": "pairs.jsonl"},
            r"which column is the score\? It has: ko, en\. Name it: data\.sources\.0\.score",
        ),
        (
            {"kind": "scored", "train": "scored.jsonl", "score": "scor"},
            r"no column 'scor'\. Did you mean \"score\"\?.*Name one: data\.sources\.0\.score",
        ),
        ({"kind": "texts", "train": "nowhere.jsonl"}, "no such file"),
    ],
)
def test_a_column_or_file_that_is_not_there_is_said(
    folder: Path, source: dict[str, Any], message: str
):
    with pytest.raises(DataError, match=message):
        read_similar(data(folder, source))


@pytest.mark.parametrize("score", [9, "nah", -1])
def test_a_score_that_is_none_is_said_with_its_line(folder: Path, score: Any):
    rows = [SCORED[0], ("가", "나", score)]
    write(folder / "bad.jsonl", "sentence1 sentence2 score", rows)
    with pytest.raises(DataError, match=r"bad.jsonl: line 2: the score .* is not a number from 0"):
        read_similar(data(folder, {"kind": "scored", "train": "bad.jsonl"}))


def test_a_label_that_is_none_is_said_with_its_line(folder: Path):
    write(folder / "bad.jsonl", "premise hypothesis label", [("가", "나", "maybe")])
    with pytest.raises(DataError, match="line 1: the label 'maybe' is none of entailment"):
        read_similar(data(folder, {"kind": "nli", "train": "bad.jsonl"}))


def test_a_source_of_which_nothing_remains_is_said(folder: Path):
    write(folder / "none.jsonl", "text", [("",), (" ",)])
    with pytest.raises(DataError, match="no example to train on. Dropped: empty 2"):
        read_similar(data(folder, {"kind": "texts", "train": "none.jsonl"}))


def test_nothing_to_validate_with_is_said(folder: Path):
    with pytest.raises(DataError, match="No pair with a score to validate with"):
        read_similar(data(folder, {"kind": "nli", "train": "nli.jsonl"}, valid=None))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sources": []}, "data.sources: names no source"),
        ({"sources": [{"kind": "texts", "train": "x", "weight": 0.0}]}, "weight: must be above 0"),
        (
            {"sources": [{"kind": "texts", "train": "x", "until": 1.5}]},
            r"until: must be in \(0, 1\]",
        ),
        ({"sources": [{"kind": "text", "train": "x"}]}, "data.sources.0.kind: must be one of"),
        (
            {"sources": [{"kind": "texts", "train": "x", "weigth": 1.0}]},
            "sources.0.weigth: unknown key",
        ),
        (
            {"sources": [{"kind": "texts", "train": "x"}], "lowest": 5.0},
            "highest: must be above lowest=5.0; got 5.0",
        ),
    ],
)
def test_settings_that_cannot_be_are_said(values: dict[str, Any], message: str):
    with pytest.raises(ConfigError, match=message):
        build(SimilarData, values, "data")
