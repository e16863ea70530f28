"""Measuring word vectors."""

import json

import pytest

from jium.errors import ConfigError, DataError
from jium.evaluation.words import Analogy, Pair, evaluate_run
from jium.tasks.words import WordVectors

TASK = WordVectors.of(
    ["남자", "여자", "왕", "여왕", "사과"],
    [[-1, 0, 0.1], [1, 0, 0.1], [-1, 1, 0], [1, 1, 0], [0, 0, 1]],
)


def given(folder, name, text):
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def figures(found):
    return {score.name: score.value for score in found["scores"]}


def test_cosines_are_ranked_against_people_s_scores(tmp_path):
    file = given(
        tmp_path, "p.tsv", "word1\tword2\tscore\n왕\t여왕\t3\n왕\t남자\t9\n왕\t사과\t5\n왕\t배\t1\n"
    )
    found = evaluate_run(TASK, file, out=tmp_path / "out")
    tied = 100 * 0.75**0.5  # cosines of 0, 0.7, 0 for scores of 3, 9, 5
    assert figures(found) == pytest.approx({"spearman": tied, "out_of_vocabulary": 25.0})
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    assert written["scores"]["spearman"]["value"] == pytest.approx(tied)


def test_analogies_are_counted_and_those_with_unknown_words_reported(tmp_path):
    file = given(
        tmp_path,
        "a.csv",
        "category,a,b,c,d\nsex,남자,왕,여자,여왕\nsex,남자,여자,왕,사과\nfruit,사과,배,왕,여왕\n",
    )
    found = evaluate_run(TASK, file)
    expected = {"accuracy": 50.0, "accuracy_of_all": 100 / 3, "out_of_vocabulary": 100 / 3}
    assert figures(found) == pytest.approx(expected)
    assert found["by_tag"]["sex"] == {"accuracy": 50.0, "out_of_vocabulary": 0.0}
    assert found["by_tag"]["fruit"] == {"out_of_vocabulary": 100.0}


def test_answers_are_those_of_the_verb():
    question = Analogy("여자", "여왕", "남자", "왕")
    answer = TASK.analogy("여자", "여왕", "남자", 1)[0][0]
    assert figures(evaluate_run(TASK, [question]))["accuracy"] == 100.0 * (answer == "왕")


def test_pairs_and_analogies_may_be_given_as_they_are():
    assert figures(evaluate_run(TASK, [Pair("왕", "남자", 2), Pair("왕", "사과", 1)]))[
        "spearman"
    ] == (pytest.approx(100.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x\ty\n1\t2\n", "has the columns x, y. Word pairs need word1, word2 and score"),
        ("word1\tword2\tscore\n왕\t남자\t높음\n", "line 2: the score '높음' is not a number"),
        ("word1\tword2\tscore\n배\t감\t1\n", "not one question has vectors for all its words"),
    ],
)
def test_files_that_cannot_be_measured_on_are_said(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        evaluate_run(TASK, given(tmp_path, "x.tsv", text))


def test_there_is_no_split_of_its_own():
    with pytest.raises(ConfigError, match="word vectors have no split to be measured on"):
        evaluate_run(TASK, "test")
    with pytest.raises(DataError, match="There is nothing to measure"):
        evaluate_run(TASK, [])
