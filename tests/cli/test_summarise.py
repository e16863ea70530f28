"""summarise, by the ways that need no run."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import jium.cli.summarise  # noqa: F401  (its command joins the others)
from jium.cli.root import app

pytest.importorskip("kiwipiepy")

TEXT = "날씨가 추워졌습니다. 급식의 소금을 줄여 주세요. 급식에 소금이 많습니다."


def said(*words: str, exit_code: int = 0, given: str | None = None) -> str:
    result = CliRunner().invoke(app, ["summarise", *words], input=given)
    assert result.exit_code == exit_code, result.output
    return result.output


def test_texts_come_as_arguments_lines_or_whole_files(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text(f"{TEXT}\n{TEXT}\n", "utf-8")
    (tmp_path / "whole.txt").write_text(TEXT.replace(". ", ".\n"), "utf-8")
    lead = "날씨가 추워졌습니다.\n"
    assert said("lead", TEXT) == lead
    assert said("lead", "-", given=f"{TEXT}\n{TEXT}\n") == 2 * lead
    assert said("lead", "--file", str(tmp_path / "lines.txt")) == 2 * lead
    assert said("lead", "--document", str(tmp_path / "whole.txt")) == lead
    assert said("lead", TEXT, "--document", str(tmp_path / "whole.txt")) == 2 * lead


def test_how_much_is_chosen_can_be_said() -> None:
    assert "급식" in said("textrank", TEXT, "--sentences", "1")
    assert said("lsa", TEXT, "--sentences", "9") == TEXT + "\n"
    assert said("lead", TEXT, "--max-chars", "3") == "날씨가\n"


def test_json_holds_text_and_summary() -> None:
    record = json.loads(said("lead", TEXT, "--json"))
    assert record == {"source": TEXT, "summary": "날씨가 추워졌습니다."}


def test_an_empty_text_has_an_empty_summary() -> None:
    assert said("textrank", "") == "\n"


@pytest.mark.parametrize(
    "words, message",
    [
        (("textrank", TEXT, "--beam", "2"), "beam: is nothing that this summariser knows"),
        (("textrank", TEXT, "--sentences", "0"), "sentences: must be at least 1"),
        (("nowhere", TEXT), "no such run folder"),
        (("lead", "--document", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_what_cannot_be_is_said_in_one_message(words: tuple[str, ...], message: str) -> None:
    output = said(*words, exit_code=1)
    assert output.startswith("jium: ") and message in output and "Traceback" not in output
