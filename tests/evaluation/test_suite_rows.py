"""Rows of GLUE and KLUE in the layouts in which people have them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jium.data.questions import Question
from jium.errors import DataError
from jium.evaluation.classifier import labelled
from jium.evaluation.suite_files import find_task_files
from jium.evaluation.suite_rows import TaskRows, read_task
from jium.evaluation.suites import GLUE, KLUE, Suite
from jium.text.bio import Span


def table(path: Path, *rows: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def document(path: Path, values: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values, ensure_ascii=False), "utf-8")


def parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    path.parent.mkdir(parents=True, exist_ok=True)
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.Table.from_pylist(rows), path)


def read(suite: Suite, name: str, folder: Path) -> TaskRows:
    (task,) = (task for task in suite.tasks if task.name == name)
    return read_task(task, find_task_files(suite, folder)[name])


def truth(rows: TaskRows) -> list[Any]:
    """What is to be said of each."""
    return [pair.target for pair in rows.found]


# ---------------------------------------------------------------- GLUE

PAIR = ("entailment", "neutral", "contradiction")


def glue_tables(folder: Path) -> None:
    """The layout of GLUE's own download, some rows of each."""
    table(
        folder / "CoLA" / "dev.tsv",
        ("gj04", 1, "", "The dog sleeps."),
        ("gj04", 0, "*", "Dog the sleeps."),
    )
    table(folder / "SST-2" / "dev.tsv", ("sentence", "label"), ("fine film", 1), ("a bore", 0))
    head = ("\ufeffQuality", "#1 ID", "#2 ID", "#1 String", "#2 String")
    table(folder / "MRPC" / "dev.tsv", head, (1, 7, 8, 'He said "no', "No, he said"))
    table(folder / "MRPC" / "dev_ids.tsv", ("7", "8"))
    head = ("id", "qid1", "qid2", "question1", "question2", "is_duplicate")
    table(folder / "QQP" / "dev.tsv", head, (0, 1, 2, "How?", "Why?", 0), (1, 3, 4, "torn"))
    head = ("index", "genre", "sentence1", "sentence2", "score")
    table(folder / "STS-B" / "dev.tsv", head, (0, "news", "A man.", "A person.", "4.200"))
    head = ("index", "sentence1_parse", "sentence1", "sentence2", "label1", "gold_label")
    for part, label in (("matched", "neutral"), ("mismatched", "contradiction")):
        row = (0, "( A )", "Some do.", "All do.", "entailment", label)
        table(folder / "MNLI" / f"dev_{part}.tsv", head, row)
        table(folder / "MNLI" / f"test_{part}.tsv", head[:-2], row[:-2])
    table(
        folder / "QNLI" / "dev.tsv",
        ("index", "question", "sentence", "label"),
        (0, "Who?", "It was he.", "entailment"),
    )
    head = ("index", "sentence1", "sentence2", "label")
    table(folder / "RTE" / "dev.tsv", head, (0, "All do.", "One does.", "not_entailment"))
    table(folder / "WNLI" / "dev.tsv", head, (0, "It fell.", "The cup fell.", 1))


EXPECTED = {
    "MNLI-m": (("Some do.", "All do."), "neutral"),
    "MNLI-mm": (("Some do.", "All do."), "contradiction"),
    "QQP": (("How?", "Why?"), "not_duplicate"),
    "QNLI": (("Who?", "It was he."), "entailment"),
    "SST-2": ("fine film", "positive"),
    "CoLA": ("The dog sleeps.", "acceptable"),
    "STS-B": (("A man.", "A person."), "4.200"),
    "MRPC": (('He said "no', "No, he said"), "equivalent"),
    "RTE": (("All do.", "One does."), "not_entailment"),
    "WNLI": (("It fell.", "The cup fell."), "entailment"),
}


def test_tables_of_glue_are_read_as_they_stand(tmp_path: Path):
    glue_tables(tmp_path)
    assert set(find_task_files(GLUE, tmp_path)) == set(EXPECTED)
    for name, first in EXPECTED.items():
        assert labelled(read(GLUE, name, tmp_path).found[0]) == first, name
    assert truth(read(GLUE, "CoLA", tmp_path)) == ["acceptable", "unacceptable"]


def test_a_row_that_cannot_be_read_is_counted(tmp_path: Path):
    glue_tables(tmp_path)
    rows = read(GLUE, "QQP", tmp_path)
    assert len(rows.found) == 1 and dict(rows.dropped) == {"ragged": 1}


def test_parquet_of_hugging_face_has_the_same_meaning(tmp_path: Path):
    texts = {"sentence": "fine film", "label": 1, "idx": 0}
    parquet(tmp_path / "sst2" / "validation-00000-of-00001.parquet", [texts])
    parquet(tmp_path / "sst2" / "train-00000-of-00001.parquet", [texts])
    pair = {"premise": "Some do.", "hypothesis": "All do.", "label": 1}
    parquet(tmp_path / "mnli" / "validation_matched-00000-of-00001.parquet", [pair])
    parquet(tmp_path / "mnli_mismatched" / "validation.parquet", [pair | {"label": 2}])
    near = {"sentence1": "A man.", "sentence2": "A person.", "label": 4.2}
    for part in range(2):
        parquet(tmp_path / "stsb" / f"validation-0000{part}-of-00002.parquet", [near])
    found = find_task_files(GLUE, tmp_path)
    assert sorted(found) == ["MNLI-m", "MNLI-mm", "SST-2", "STS-B"]
    for name in ("MNLI-m", "MNLI-mm", "SST-2"):
        assert labelled(read(GLUE, name, tmp_path).found[0]) == EXPECTED[name]
    assert truth(read(GLUE, "STS-B", tmp_path)) == ["4.2", "4.2"]


# ---------------------------------------------------------------- KLUE


def klue_files(folder: Path) -> None:
    """The layout of KLUE's own repository, some rows of each."""
    document(
        folder / "ynat-v1.1" / "ynat-v1.1_dev.json",
        [{"guid": "y1", "title": "새 전화기 나왔다", "label": "IT과학"}],
    )
    labels = {"label": 3.7, "real-label": 3.714, "binary-label": 1}
    pair = {"sentence1": "비가 온다", "sentence2": "비 온다", "labels": labels}
    document(folder / "klue-sts-v1.1" / "klue-sts-v1.1_dev.json", [pair])
    pair = {"premise": "비가 온다", "hypothesis": "맑다", "gold_label": "contradiction"}
    document(folder / "klue-nli-v1.1" / "klue-nli-v1.1_dev.json", [pair])
    characters = zip(
        "김철수 서울 간다",
        ["B-PS", "I-PS", "I-PS", "O", "B-LC", "I-LC", "O", "O", "O"],
        strict=True,
    )
    lines = ["## klue-ner-v1_dev_00000\t<김철수:PS> <서울:LC> 간다"]
    lines += [f"{character}\t{tag}" for character, tag in characters]
    path = folder / "klue-ner-v1.1" / "klue-ner-v1.1_dev.tsv"
    path.parent.mkdir()
    path.write_text("\n".join([*lines, "", *lines, ""]), "utf-8")
    asked = {"guid": "m1", "question": "어디?", "is_impossible": False}
    answered = asked | {"answers": [{"text": "서울", "answer_start": 4}]}
    not_answered = {"guid": "m2", "question": "왜?", "answers": [], "is_impossible": True}
    paragraph = {"context": "김철수 서울 간다", "qas": [answered, not_answered]}
    data = {"data": [{"title": "글", "paragraphs": [paragraph]}]}
    document(folder / "klue-mrc-v1.1" / "klue-mrc-v1.1_dev.json", data)


def check_klue(folder: Path) -> None:
    rows = {name: read(KLUE, name, folder) for name in find_task_files(KLUE, folder)}
    assert truth(rows["KLUE-TC"]) == ["IT과학"]
    assert truth(rows["KLUE-STS"]) == ["3.714"]  # not the rounded one
    assert [labelled(pair) for pair in rows["KLUE-NLI"].found] == [
        (("비가 온다", "맑다"), "contradiction")
    ]
    (entities,) = {(one.text, one.spans) for one in rows["KLUE-NER"].found}
    assert entities == ("김철수 서울 간다", (Span(0, 3, "PS"), Span(4, 6, "LC")))
    answered, not_answered = rows["KLUE-MRC"].found
    assert isinstance(answered, Question)
    assert (answered.question, answered.context) == ("어디?", "김철수 서울 간다")
    assert (answered.answers, not_answered.answers) == (("서울",), ())


def test_files_of_klue_are_read_as_they_stand(tmp_path: Path):
    klue_files(tmp_path)
    check_klue(tmp_path)


def test_klue_of_hugging_face_has_the_same_meaning(tmp_path: Path):
    place = "validation-00000-of-00001.parquet"
    parquet(tmp_path / "ynat" / place, [{"title": "새 전화기 나왔다", "label": 0}])
    labels = {"label": 3.7, "real-label": 3.714, "binary-label": 1}
    pair = {"sentence1": "비가 온다", "sentence2": "비 온다", "labels": labels}
    parquet(tmp_path / "sts" / place, [pair])
    parquet(tmp_path / "nli" / place, [{"premise": "비가 온다", "hypothesis": "맑다", "label": 2}])
    tags = [6, 7, 7, 12, 2, 3, 12, 12, 12]
    row = {"sentence": "<김철수:PS> ...", "tokens": list("김철수 서울 간다"), "ner_tags": tags}
    parquet(tmp_path / "ner" / place, [row])
    answers = {"answer_start": [4], "text": ["서울"]}
    asked = {"context": "김철수 서울 간다", "question": "어디?", "answers": answers}
    none = {"answers": {"answer_start": [], "text": []}, "is_impossible": True}
    parquet(tmp_path / "mrc" / place, [asked | {"is_impossible": False}, asked | none])
    check_klue(tmp_path)


# ---------------------------------------------------------------- what may be wrong


@pytest.mark.parametrize("label", ["2", "-1", "neutral"])
def test_a_label_that_the_task_lacks_is_named_with_its_line(tmp_path: Path, label: str):
    table(tmp_path / "SST-2" / "dev.tsv", ("sentence", "label"), ("fine", 1), ("so so", label))
    with pytest.raises(DataError, match=f"line 3: SST-2 has no label '{label}'. It has: negative"):
        read(GLUE, "SST-2", tmp_path)


def test_an_entity_of_another_kind_is_named(tmp_path: Path):
    rows = [{"text": "서울", "tags": ["B-CITY", "I-CITY"]}]
    document(tmp_path / "klue-ner" / "dev.json", rows)
    with pytest.raises(DataError, match="KLUE-NER has no label 'CITY'. It has: DT, LC"):
        read(KLUE, "KLUE-NER", tmp_path)


def test_a_score_that_is_no_number_is_counted(tmp_path: Path):
    head = ("sentence1", "sentence2", "score")
    table(tmp_path / "STS-B" / "dev.tsv", head, ("a", "b", "near"), ("a", "b", 3))
    rows = read(GLUE, "STS-B", tmp_path)
    assert (truth(rows), dict(rows.dropped)) == (["3"], {"not_a_number": 1})


def test_other_columns_are_said(tmp_path: Path):
    table(tmp_path / "RTE" / "dev.tsv", ("a", "b", "label"), ("x", "y", 0))
    match = "not the columns of RTE: sentence1/premise, sentence2/hypothesis, label. It has: a, b"
    with pytest.raises(DataError, match=match):
        read(GLUE, "RTE", tmp_path)


def test_a_pair_without_its_second_text_is_counted(tmp_path: Path):
    head = ("sentence1", "sentence2", "label")
    table(tmp_path / "RTE" / "dev.tsv", head, ("a", " ", 0), ("a", "b", 1))
    rows = read(GLUE, "RTE", tmp_path)
    assert (truth(rows), dict(rows.dropped)) == (["not_entailment"], {"empty_text": 1})


def test_a_file_of_empty_texts_cannot_be_measured(tmp_path: Path):
    table(tmp_path / "SST-2" / "dev.tsv", ("sentence", "label"), (" ", 1), (" ", 0))
    with pytest.raises(DataError, match="none of its rows can be measured. Dropped: empty_text 2"):
        read(GLUE, "SST-2", tmp_path)
