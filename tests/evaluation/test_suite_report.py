"""What a report of a suite says, to people and to programs."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from jium.errors import DataError
from jium.evaluation.published import PUBLISHED
from jium.evaluation.score import Score
from jium.evaluation.suite_files import TaskFile
from jium.evaluation.suite_report import Measured, SuiteReport, read_suite_report
from jium.evaluation.suites import GLUE, KLUE
from jium.messages import set_language


def measured(**figures: float) -> Measured:
    scores = [Score(name, value, "s") for name, value in figures.items()]
    return Measured("runs/x", [TaskFile("x/dev.tsv", "0" * 64)], 10, {"ragged": 2}, scores)


def glue(**tasks: Measured) -> SuiteReport:
    return SuiteReport(GLUE, {name.replace("_", "-"): one for name, one in tasks.items()})


REPORT = glue(
    MNLI_m=measured(accuracy=80.0, mcc=70.0),
    MNLI_mm=measured(accuracy=70.0),
    MRPC=measured(accuracy=50.0, f1=60.0),
    WNLI=measured(accuracy=99.0),
)


def test_the_mean_is_over_the_published_columns_that_were_measured():
    assert REPORT.averages() == {"mean": 70, "mean_mnli_merged": (75 + 60) / 2}
    assert glue(RTE=measured(accuracy=50)).averages() == {"mean": 50}
    assert glue(WNLI=measured(accuracy=99)).averages() == {}  # which no mean counts


def test_others_are_averaged_over_the_same_columns():
    header, rows = REPORT.beside()
    assert header == ["system", "MNLI-m", "MNLI-mm", "MRPC", "mean of 3", "MNLI merged"]
    by_system = {name: cells for name, *cells in rows}
    assert by_system["measured here"] == ["80.00", "70.00", "60.00", "70.00", "67.50"]
    assert by_system["BERT base"][:4] == [
        "84.60",
        "83.40",
        "88.90",
        f"{(84.6 + 83.4 + 88.9) / 3:.2f}",
    ]
    assert len(rows) == 1 + len(PUBLISHED["glue"])
    assert all(len(row) == len(header) for row in rows)


def test_a_run_with_brackets_in_its_name_is_shown_as_it_is():
    named = Measured("runs/[x]", [], 1, {}, [Score("accuracy", 50.0, "s")])
    text = StringIO()
    Console(width=120, file=text).print(glue(RTE=named).tables()[0])
    assert "runs/[x]" in text.getvalue()


def test_two_figures_of_a_task_have_a_column_each():
    report = SuiteReport(KLUE, {"KLUE-STS": measured(pearson=90.0, f1=80.0)})
    header, rows = report.beside()
    assert header == ["system", "STS pearson", "STS f1", "mean of 1"]
    assert rows[0] == ["measured here", "90.00", "80.00", "90.00"]


def test_an_earlier_report_that_lacks_a_task_has_no_mean():
    earlier = {("MNLI-m", "accuracy"): 79.0}
    report = SuiteReport(GLUE, REPORT.tasks, earlier=earlier)
    assert report.beside()[1][1] == ["earlier report", "79.00", "-", "-", "-", "-"]


def test_what_was_not_measured_is_named():
    report = SuiteReport(KLUE, {}, no_file=["KLUE-TC"], no_run=["KLUE-NLI"])
    text = report.markdown()
    for said in ("over 0 of 5 tasks", "Not on disk: KLUE-TC", "No run given for: KLUE-NLI",
                 "no task for: KLUE-RE, KLUE-DP, WoS"):  # fmt: skip
        assert said in text


def test_the_files_have_all_of_it(tmp_path: Path):
    REPORT.write(tmp_path)
    text = (tmp_path / "suite-glue.md").read_text("utf-8")
    assert "| MRPC | runs/x | x/dev.tsv | 10 | 2 | f1 60.00<br>accuracy 50.00 |" in text
    assert "0" * 64 in text and "1810.04805" in text
    values = json.loads((tmp_path / "suite-glue.json").read_text("utf-8"))
    assert values["averaged_over"] == ["MNLI-m accuracy", "MNLI-mm accuracy", "MRPC f1"]
    assert values["averages"]["mean"] == 70
    assert read_suite_report(tmp_path / "suite-glue.json") == REPORT


def test_a_report_speaks_korean():
    set_language("ko")
    assert "여기서 잰 값" in REPORT.markdown() and "MNLI를 합쳐" in REPORT.markdown()


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"suite": "glue", "tasks": {"RTE": {}}}'])
def test_a_file_that_is_no_report_is_said(tmp_path: Path, text: str):
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match="x.json: is no report of a suite"):
        read_suite_report(path)
    with pytest.raises(DataError, match="y.json: no such file"):
        read_suite_report(tmp_path / "y.json")
