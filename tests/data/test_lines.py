from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jium.data import lines
from jium.data.lines import read_lines, read_text
from jium.errors import DataError

NO_SURROGATES = st.characters(exclude_categories=("Cs",), exclude_characters="\0")


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@given(st.lists(st.text(NO_SURROGATES).filter(lambda t: "\n" not in t and t[-1:] != "\r")))
def test_any_lines_come_back_as_they_were(tmp_path_factory, written: list[str]) -> None:  # type: ignore[no-untyped-def]
    text = "first\n" + "".join(line + "\n" for line in written)
    path = write(tmp_path_factory.getbasetemp() / "any.txt", text.encode())
    assert [line for _, line in read_lines(path)] == ["first", *written]
    assert "".join(read_text(path)) == text


def test_windows_line_ends_and_a_missing_last_one_are_handled(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "하나\r\n둘".encode())
    assert list(read_lines(path)) == [(1, "하나"), (2, "둘")]


def test_a_byte_order_mark_of_utf8_is_no_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"\xef\xbb\xbf" + "하나\n".encode())
    assert list(read_lines(path)) == [(1, "하나")]


@pytest.mark.parametrize("read", [read_lines, read_text])
def test_invalid_utf8_is_named_by_line_and_byte(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / "a", "한글\n한글\nab ".encode() + b"\xff c\n" + b"d\n" * 10)
    with pytest.raises(DataError, match="line 3: byte 0xFF at position 4 is not UTF-8"):
        list(read(path))


@pytest.mark.parametrize("read", [read_lines, read_text])
def test_cp949_is_recognised(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / "a", b"ko,en\n" + "나는 학교에 간다.,I go.\n".encode("cp949"))
    with pytest.raises(DataError, match="line 2: .* looks like CP949. .*iconv -f CP949 -t UTF-8"):
        list(read(path))


def test_western_european_text_is_recognised(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "Zwei Männer gehen über die Straße.\n".encode("cp1252"))
    with pytest.raises(DataError, match="looks like WINDOWS-1252"):
        list(read_lines(path))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "a", ("ko\ten\n" + "나\tI am here\n" * 50).encode(encoding))
    with pytest.raises(DataError, match="UTF-16"):
        list(read_lines(path))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"   \n"])
def test_a_file_without_text_is_empty(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DataError, match="is empty"):
        list(read_lines(write(tmp_path / "a", data)))


@pytest.mark.parametrize("length", [99, 100, 101, 5000])
def test_a_line_over_the_limit_is_read_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 100)
    monkeypatch.setattr("jium.data.compressed.CHUNK", 64)
    path = write(tmp_path / "a", b"a\n" + b"x" * length + b"\nb\n" + b"y" * length)
    long = None if length > 100 else "x" * length
    expected = [(1, "a"), (2, long), (3, "b"), (4, long and "y" * length)]
    assert list(read_lines(path)) == expected
