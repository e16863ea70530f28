"""Sentences in columns."""

from pathlib import Path

import pytest

from jium.data.conll import is_conll, read_conll
from jium.errors import DataError


def written(place: Path, text: str) -> Path:
    path = place / "a.conll"
    path.write_text(text, "utf-8")
    return path


def test_blank_lines_part_sentences(tmp_path: Path):
    path = written(tmp_path, "\n나\tB-PS\n는\tO\n\n\nU.N. NNP I-NP B-OG\nsaid VBD I-VP O\n")
    first, second = read_conll(path)
    assert first.values == {"tokens": ["나", "는"], "tags": ["B-PS", "O"]}
    assert second.values == {"tokens": ["U.N.", "said"], "tags": ["B-OG", "O"]}
    assert (first.line, second.line) == (2, 6)


def test_notes_before_a_sentence_are_left_out(tmp_path: Path):
    notes = "-DOCSTART- -X- O O\n\n## klue-1\t<서울:LC>\n", "# id = 7\n"
    text = f"{notes[0]}서\tB-LC\n울\tI-LC\n \tO\n#\tO\n\n{notes[1]}가 O\n"
    first, second = read_conll(written(tmp_path, text))
    assert first.values["tokens"] == ["서", "울", " ", "#"]
    assert second.values["tokens"] == ["가"]


def test_a_line_without_a_tag_spoils_its_sentence_only(tmp_path: Path):
    found = list(read_conll(written(tmp_path, "a O\n\nb\nc O\n\nd O\n")))
    assert [row.problem for row in found] == ["", "no_tag", ""]


def test_a_file_that_is_no_columns_is_said(tmp_path: Path):
    with pytest.raises(DataError, match="a.conll: line 1: 'word' is one cell; a token and its tag"):
        list(read_conll(written(tmp_path, "word\n\nother\n")))


def test_windows_line_ends_are_read(tmp_path: Path):
    found = list(read_conll(written(tmp_path, "a\tO\r\nb\tB-X\r\n\r\nc\tO\r\n")))
    assert [row.values["tags"] for row in found] == [["O", "B-X"], ["O"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\tO\n\nb\tO\n", True), ("text\ttags\na\tO\n\n", False), ("\na\tO\nb\tO\n", False)],
)
def test_it_is_told_from_a_table(tmp_path: Path, text: str, expected: bool):
    assert is_conll(written(tmp_path, text)) is expected
