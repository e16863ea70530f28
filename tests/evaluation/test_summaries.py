"""Summaries measured, with the first sentence always beside them."""

import json
from pathlib import Path

import pytest

import jium
from jium.data.pairs import Pair
from jium.errors import ConfigError, DataError
from jium.evaluation.rouge import Rouge, RougeL
from jium.tasks.extract import Extractor

pytest.importorskip("kiwipiepy")
pytest.importorskip("rouge_score")

TOPICS = [
    ("급식", "소금", "줄여 주세요"),
    ("버스", "노선", "늘려 주세요"),
    ("공원", "가로등", "고쳐 주세요"),
    ("도서관", "의자", "바꿔 주세요"),
    ("학교", "운동장", "열어 주세요"),
    ("병원", "주차장", "넓혀 주세요"),
]
GREETINGS = ["저는 부산에 사는 사람입니다.", "날씨가 추워졌습니다.", "처음 글을 씁니다."]


def planted() -> list[Pair]:
    """Texts that begin with something else and come back to one thing, their headline."""
    return [
        Pair(
            f"{GREETINGS[i % 3]} {place} {thing}을 {wish}. 어제 이웃을 만났습니다. "
            f"{place} {thing} 때문에 모두 힘듭니다. {place} {thing} 이야기를 자주 듣습니다.",
            f"{place} {thing}을 {wish}",
        )
        for i, (place, thing, wish) in enumerate(TOPICS)
    ]


def scores(found: dict) -> dict[str, float]:
    return {score.name: score.value for score in found["scores"]}


@pytest.mark.parametrize("kind", ["textrank", "lsa"])
def test_on_planted_texts_extraction_is_above_the_lead(kind: str) -> None:
    found = scores(jium.evaluate(Extractor.of(kind, n_sentences=1), planted(), samples=1))
    assert found["rougeL"] > found["lead1_rougeL"] + 20


def test_the_lead_beside_is_the_lead_itself() -> None:
    found = scores(jium.evaluate(Extractor.of("lead"), planted(), samples=1))
    for name in ("rouge1", "rouge2", "rougeL"):
        assert found[name] == found[f"lead1_{name}"]


def test_options_are_those_of_the_task() -> None:
    task = Extractor.of("textrank")
    found = jium.evaluate(task, planted(), sentences=1, samples=1)
    assert found["predictions"] == task.summarise([pair.source for pair in planted()], sentences=1)


def test_a_report_holds_both_and_of_each_document_the_beginning(tmp_path: Path) -> None:
    pairs = [Pair(pair.source * 20, pair.target) for pair in planted()]
    jium.evaluate(Extractor.of("lead"), pairs, out=tmp_path)
    figures = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))["scores"]
    assert list(figures)[:3] == ["rouge1", "rouge2", "rougeL"] and len(figures) == 6
    assert figures["lead1_rougeL"]["low"] <= figures["lead1_rougeL"]["value"]
    lines = (tmp_path / "predictions.jsonl").read_text("utf-8").splitlines()
    assert max(len(json.loads(line)["source"]) for line in lines) == 301
    assert "lead1_rougeL" in (tmp_path / "evaluation.md").read_text("utf-8")


def test_a_file_is_measured_by_its_usual_columns(tmp_path: Path) -> None:
    rows = [{"document": pair.source, "summary": pair.target} for pair in planted()]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "some.jsonl").write_text(lines, "utf-8")
    task = Extractor.of("textrank")
    found = jium.evaluate(task, tmp_path / "some.jsonl", samples=1)
    assert scores(found) == scores(jium.evaluate(task, planted(), samples=1))


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(DataError, match="no document with a summary"):
        jium.evaluate(Extractor.of("lead"), [])
    with pytest.raises(ConfigError, match="is a split of a run's own data"):
        jium.evaluate(Extractor.of("lead"), "test")


def test_rouge_l_alone_is_that_of_the_three() -> None:
    sides = ["학교 급식 소금", "버스"], ["학교 급식의 소금을", "버스 노선"]
    assert RougeL(language="ko")(*sides) == {"rougeL": Rouge(language="ko")(*sides)["rougeL"]}
