"""The tables of GLUE and KLUE, and the averages that were published."""

import pytest

from jium.errors import ConfigError
from jium.evaluation.published import PUBLISHED
from jium.evaluation.suites import (
    GLUE,
    KLUE,
    MNLI,
    SUITES,
    average,
    find_suite,
    merged_average,
    plain,
)

AVERAGES = {  # mean of nine columns, and with both parts of MNLI as one
    "Pre-GPT best": (74.0, 73.2),
    "BiLSTM+ELMo+attention": (71.0, 70.3),
    "OpenAI GPT": (75.2, 74.4),
    "BERT base": (79.6, 79.0),
    "BERT large": (81.9, 81.35),
}


@pytest.mark.parametrize("system", AVERAGES)
def test_the_published_rows_of_glue_give_the_published_averages(system: str):
    (row,) = (row for row in PUBLISHED["glue"] if row.system == system)
    figures = row.figures(GLUE)
    mean, merged = AVERAGES[system]
    assert len(figures) == len(GLUE.counted) == 9
    assert round(average(figures, GLUE.counted), 1) == mean
    assert round(merged_average(figures, GLUE.counted), len(str(merged).split(".")[1])) == merged


def test_every_published_row_was_meant():
    assert {row.system for row in PUBLISHED["glue"]} == set(AVERAGES)
    assert all(len(row.figures(KLUE)) == 8 for row in PUBLISHED["klue"])


def test_merging_mnli_needs_both_parts_and_changes_nothing_else():
    figures = {("MNLI-m", "accuracy"): 80.0, ("QQP", "f1"): 60.0}
    assert merged_average(figures, GLUE.counted) == average(figures, GLUE.counted) == 70
    both = figures | {("MNLI-mm", "accuracy"): 70.0}
    assert average(both, GLUE.counted) == 70
    assert merged_average(both, GLUE.counted) == (75 + 60) / 2
    assert merged_average({("KLUE-NLI", "accuracy"): 5.0}, KLUE.counted) == 5


def test_wnli_is_left_out_of_the_averages_and_sst_2_has_two_classes():
    by_name = {task.name: task for task in GLUE.tasks}
    assert "WNLI" in by_name and "WNLI" not in {task for task, _ in GLUE.columns}
    assert by_name["SST-2"].labels == ("negative", "positive")
    assert GLUE.counted == GLUE.columns


def test_one_figure_of_each_task_of_klue_counts():
    assert KLUE.counted == (
        ("KLUE-TC", "macro_f1"),
        ("KLUE-STS", "pearson"),
        ("KLUE-NLI", "accuracy"),
        ("KLUE-NER", "entity_f1"),
        ("KLUE-MRC", "em"),
    )


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_columns_are_metrics_of_their_tasks(suite):
    metrics = {task.name: task.metrics for task in suite.tasks}
    assert all(metric in metrics[task] for task, metric in suite.columns)


@pytest.mark.parametrize(
    ("name", "tasks"),
    [
        ("SST-2", ["SST-2"]),
        ("sst2", ["SST-2"]),
        ("STS-B", ["STS-B"]),
        ("stsb", ["STS-B"]),
        ("mnli", list(MNLI)),
        ("MNLI-mm", ["MNLI-mm"]),
        ("mnli_matched", ["MNLI-m"]),
        ("QNLIv2", ["QNLI"]),
        ("nli", []),
    ],
)
def test_a_task_of_glue_is_found_by_any_of_its_names(name: str, tasks: list[str]):
    assert [task.name for task in GLUE.find(name)] == tasks


def test_a_version_is_no_part_of_a_name():
    assert plain("klue-ner-v1.1") == plain("KLUE_NER") == "kluener"
    assert [task.name for task in KLUE.find("ynat-v1.1")] == ["KLUE-TC"]


@pytest.mark.parametrize(
    ("task", "label", "expected"),
    [
        ("RTE", "0", "entailment"),
        ("WNLI", "1", "entailment"),  # the other way round, in both layouts
        ("RTE", "not_entailment", "not_entailment"),
        ("RTE", "LABEL_1", "not_entailment"),
        ("MNLI-m", "2", "contradiction"),
        ("MNLI-m", "CONTRADICTION", "contradiction"),
        ("MRPC", "1.0", "equivalent"),
        ("SST-2", "2", None),
        ("SST-2", "neutral", None),
        ("SST-2", "-1", None),
    ],
)
def test_a_class_is_known_by_its_name_and_by_its_number(task, label, expected):
    (found,) = GLUE.find(task)
    assert found.class_of(label) == expected


def test_numbers_of_klue_are_those_of_hugging_face():
    (topics,) = KLUE.find("ynat")
    assert [topics.class_of(str(n)) for n in (0, 6, 7)] == ["IT과학", "정치", None]
    assert topics.class_of("생활문화") == "생활문화"


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(ConfigError, match='no suite "gleu". Did you mean "glue"\\? Known: glue'):
        find_suite("gleu")
