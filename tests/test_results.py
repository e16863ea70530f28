"""What every file of benchmarks/results must say, and what it must not."""

import json
import re
from pathlib import Path

import pytest

ABSOLUTE = re.compile(r"(?<![\w./])/[^\s/\"]+/[^\s\"]+")  # from the root down, two names or more
RESULTS = sorted((Path(__file__).parents[1] / "benchmarks/results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_tells_machine_commit_and_command(path):
    document = json.loads(path.read_text("utf-8"))

    assert document["name"] == path.stem
    assert document["machine"]["cores"] >= 1
    assert len(document["commit"].rstrip("+")) == 40
    assert document["command"].startswith("python ")


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_names_no_folder_of_a_machine(path):
    assert ABSOLUTE.findall(path.read_text("utf-8")) == []
