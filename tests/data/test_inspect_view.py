from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from jium.data import korean_sample
from jium.data.inspect import inspect
from jium.data.inspect_view import render
from jium.messages import set_language


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


def shown(path: Path) -> str:
    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    with console.file:
        console.print(render(inspect(path)))
        return console.export_text()


def test_the_view_shows_columns_rows_and_the_next_command(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("ko\ten\n나는 [bold]간다.\tI go.\n하나\n")
    text = shown(path)
    for part in ("2 rows", "ragged 1", "hangul 50%", "나는 [bold]간다.", "data.source=ko"):
        assert part in text


def test_a_text_file_has_no_next_command(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("하나\n둘\n")
    assert "No two columns look like a source and a target." in shown(path)
    assert "jium train" not in shown(path)


def test_how_the_korean_is_written_is_told(tmp_path: Path) -> None:
    pytest.importorskip("kiwipiepy")
    path = tmp_path / "a.txt"
    path.write_text("비가 옵니다.\n비가 옵니다!\n나는 간다.\n")
    text = shown(path)
    assert "text: spacing as Kiwi's at 100.0% of places" in text
    assert "levels of 3 sentences: hasipsio 67%, haera 33%; 0% of the texts mix levels" in text
    assert "0 / 1" in text  # repeated but for punctuation


def test_without_kiwi_the_view_says_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(korean_sample, "find_spec", lambda name: None)
    path = tmp_path / "a.txt"
    path.write_text("비가 옵니다.\n")
    assert 'pip install "jium[ko]"' in shown(path)
