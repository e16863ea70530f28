import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jium.cli import app

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("강아지가 공원에서 뛰었다.\n\n고양이는 잤다.\n", "utf-8")
    (tmp_path / "b.txt").write_bytes(bytes(100))
    return tmp_path


def test_hits_are_lines_with_their_place(folder: Path) -> None:
    found = runner.invoke(app, ["search", str(folder), "고양이"])
    assert found.exit_code == 0
    assert found.stdout.startswith("a.txt:3\t")
    assert "left out" in found.stderr and "b.txt" in found.stderr


def test_hits_as_json_say_the_same(folder: Path) -> None:
    found = runner.invoke(app, ["search", str(folder), "공원", "강아지", "--json", "--top", "1"])
    hit = json.loads(found.stdout)
    assert (hit["file"], hit["line"]) == ("a.txt", 1)
    assert hit["score"] > 0


def test_an_unknown_word_exits_with_one_message(folder: Path) -> None:
    found = runner.invoke(app, ["search", str(folder), "코끼리"])
    assert found.exit_code == 1
    assert "none of these words stands in the texts: 코끼리" in found.stderr
    assert "Traceback" not in found.output
