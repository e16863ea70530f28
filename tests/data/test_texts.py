from pathlib import Path

import pytest

from jium.data.texts import TextData, Texts, find_text_column
from jium.errors import ConfigError, DataError


def write(path: Path, lines: list[str]) -> str:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return str(path)


def test_splits_share_no_text_and_lose_none(tmp_path: Path) -> None:
    lines = [f"글 번호 {n}" for n in range(400)]
    data = TextData(train=write(tmp_path / "a.txt", lines), valid_share=0.2, test_share=0.1)
    parts = [list(Texts(data).split(split)) for split in ("train", "valid", "test")]
    assert sorted(sum(parts, [])) == sorted(lines)
    assert all(parts)


def test_a_text_held_out_by_file_is_not_trained_on(tmp_path: Path) -> None:
    train = write(tmp_path / "a.txt", ["하나", "둘", "셋", "둘", "!!"])
    valid = write(tmp_path / "b.txt", ["하나"])
    texts = Texts(TextData(train=train, valid=valid, test_share=0))
    assert list(texts.split("train")) == ["둘", "셋"]
    assert texts.dropped == {"held_out": 1, "duplicate": 1, "empty_text": 1}
    assert list(texts.split("valid")) == ["하나"]


def test_texts_are_cleaned_and_composed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", ["\u1112\u1161\u11ab글 <b>굵게</b>"])
    data = TextData(train=path, valid_share=0, test_share=0)
    assert list(Texts(data).split("train")) == ["한글 굵게"]


def test_the_column_is_found_or_asked_for(tmp_path: Path) -> None:
    table = Path(write(tmp_path / "a.tsv", ["id\tdocument", "1\t안녕"]))
    assert find_text_column(table, None) == "document"
    odd = Path(write(tmp_path / "b.tsv", ["x\ty", "1\t안녕"]))
    with pytest.raises(DataError, match="which column is the text. It has: x, y"):
        find_text_column(odd, None)
    with pytest.raises(DataError, match="no column 'z'"):
        find_text_column(odd, "z")


def test_an_empty_file_and_a_limit_of_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("", "utf-8")
    with pytest.raises(DataError, match="is empty"):
        list(Texts(TextData(train=str(tmp_path / "a.txt"))).split("train"))
    with pytest.raises(ConfigError, match="limit: must be at least 1; got 0"):
        TextData(train="a.txt", limit=0)
