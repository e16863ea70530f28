"""Files of GLUE and KLUE are found by their names, in the layouts in which people have them."""

from pathlib import Path

import pytest

from jium.errors import ConfigError, DataError
from jium.evaluation.suite_files import TaskFile, find_task_files
from jium.evaluation.suites import GLUE, KLUE, SUITES


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


LAYOUTS = {
    "CoLA/dev.tsv": ["CoLA"],
    "cola/validation-00000-of-00001.parquet": ["CoLA"],
    "en-sst2/valid.parquet": ["SST-2"],  # among data sets of several languages
    "SST-2/dev.tsv": ["SST-2"],
    "STS-B/dev.tsv.gz": ["STS-B"],
    "MNLI/dev_matched.tsv": ["MNLI-m"],
    "mnli/validation_mismatched-00000-of-00001.parquet": ["MNLI-mm"],
    "mnli_mismatched/validation.jsonl": ["MNLI-mm"],
    "mnli/dev.tsv": [],  # of which part?
    "cola_dev.tsv": ["CoLA"],
    "dev.tsv": [],
    "ynat-v1.1/ynat-v1.1_dev.json": ["KLUE-TC"],
    "klue-sts-v1.1_dev.json": ["KLUE-STS"],
    "klue-nli/dev.parquet": ["KLUE-NLI"],
    "ner/validation-00000-of-00001.parquet": ["KLUE-NER"],
    "klue-ner/test.parquet": ["KLUE-NER"],  # where there is no dev
    "klue-ner/train.parquet": [],
    "kmou-ner/valid.parquet": [],
    "klue-mrc-v1.1/notes.md": [],
}


@pytest.mark.parametrize(("file", "tasks"), LAYOUTS.items(), ids=LAYOUTS)
def test_a_file_is_found_by_its_name_and_its_folder(tmp_path: Path, file: str, tasks: list[str]):
    touch(tmp_path, file, "rte/dev.tsv", "klue-mrc/dev.json")
    found = {
        name: paths for s in SUITES.values() for name, paths in find_task_files(s, tmp_path).items()
    }
    assert found.pop("RTE") and found.pop("KLUE-MRC")
    assert found == {name: [tmp_path / file] for name in tasks}


def test_dev_is_measured_before_test(tmp_path: Path):
    touch(tmp_path, "RTE/dev.tsv", "RTE/test.tsv", "QNLI/test.tsv")
    found = find_task_files(GLUE, tmp_path)
    assert [paths[0].name for paths in found.values()] == ["test.tsv", "dev.tsv"]
    assert list(find_task_files(GLUE, tmp_path, "dev")) == ["RTE"]
    assert list(find_task_files(GLUE, tmp_path, "test")) == ["QNLI", "RTE"]
    with pytest.raises(DataError, match="holds no task of glue"):
        find_task_files(GLUE, tmp_path, "train")
    with pytest.raises(ConfigError, match="split: must be one of dev, test, train; got 'devel'"):
        find_task_files(GLUE, tmp_path, "devel")


def test_a_split_that_was_cut_is_one(tmp_path: Path):
    parts = [f"qqp/validation-0000{n}-of-00002.parquet" for n in range(2)]
    touch(tmp_path, *parts)
    assert find_task_files(GLUE, tmp_path) == {"QQP": [tmp_path / part for part in parts]}


def test_two_files_of_one_task_are_not_chosen_from(tmp_path: Path):
    touch(tmp_path, "RTE/dev.tsv", "en-rte/validation.json")
    with pytest.raises(
        DataError, match="which file is RTE\\? There are: RTE/dev.tsv, en-rte/valid"
    ):
        find_task_files(GLUE, tmp_path)


def test_a_missing_folder_names_the_nearest(tmp_path: Path):
    (tmp_path / "glue_data").mkdir()
    with pytest.raises(DataError, match='no such folder. Did you mean "glue_data"\\?'):
        find_task_files(GLUE, tmp_path / "glue_dat")


def test_a_folder_without_a_task_says_which_there_are(tmp_path: Path):
    with pytest.raises(DataError, match="no task of klue.*klue-mrc/dev.tsv. Known: klue-tc, .*mrc"):
        find_task_files(KLUE, tmp_path)


def test_a_file_is_pinned_by_its_bytes(tmp_path: Path):
    path = tmp_path / "rte" / "dev.tsv"
    path.parent.mkdir()
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert TaskFile.of(path, tmp_path) == TaskFile("rte/dev.tsv", digest)
