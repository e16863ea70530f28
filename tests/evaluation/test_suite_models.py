"""Runs find their tasks by the names of their folders, or as a person says."""

from pathlib import Path

import pytest

from jium.errors import ConfigError, RunError
from jium.evaluation.suite_models import find_runs, named_runs, place_of
from jium.evaluation.suites import GLUE, KLUE


def run(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").touch()
    return folder


def test_a_folder_of_runs_gives_each_task_its_own(tmp_path: Path):
    mnli, sst = run(tmp_path / "mnli"), run(tmp_path / "SST-2")
    run(tmp_path / "encoder")  # a run of no task is passed over
    assert find_runs(GLUE, [tmp_path]) == {"MNLI-m": mnli, "MNLI-mm": mnli, "SST-2": sst}
    assert find_runs(GLUE, [mnli, sst]) == find_runs(GLUE, [tmp_path])
    assert place_of([mnli, sst]) == place_of([tmp_path]) == tmp_path.resolve()
    assert place_of([sst]) == sst.resolve()


def test_a_run_of_another_name_is_given_its_task(tmp_path: Path):
    other = run(tmp_path / "mine")
    assert find_runs(KLUE, [f"ynat={other}"]) == {"KLUE-TC": other}
    assert place_of([f"ynat={other}"]) == other.resolve()
    with pytest.raises(RunError, match="which task of klue is this run for\\? Say it: TASK=.*mine"):
        find_runs(KLUE, [other])


def test_two_runs_for_one_task_are_not_chosen_from(tmp_path: Path):
    first, second = run(tmp_path / "ynat"), run(tmp_path / "klue-tc")
    with pytest.raises(ConfigError, match="KLUE-TC: two runs are given, .*ynat and .*klue-tc"):
        find_runs(KLUE, [first, second])


def test_a_task_that_a_suite_lacks_names_the_nearest():
    with pytest.raises(ConfigError, match='glue has no task "colla". Did you mean "cola"\\?'):
        named_runs(GLUE, {"colla": "x"})


def test_a_folder_without_runs_is_said(tmp_path: Path):
    with pytest.raises(RunError, match="no such run folder"):
        find_runs(GLUE, [tmp_path / "nowhere"])
    with pytest.raises(
        RunError, match="is no run, and holds none that is called as a task of glue"
    ):
        find_runs(GLUE, [tmp_path])
