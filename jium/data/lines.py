"""The lines of a text file, decoded: UTF-8 or a clear word about what it is instead."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from jium.data.compressed import read_chunks
from jium.errors import DataError

MAX_LINE = 2**25  # bytes; a longer line is read past, never held in memory
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: Path, returns: bool = False) -> Iterator[tuple[int, str | None]]:
    """Stream (number from 1, line without its end; with its carriage return, where `returns`);
    None is a line of more than MAX_LINE bytes.

    Only a line feed ends a line, after a carriage return or not: U+2028 and its like are text.
    Raises DataError at the first line that is not UTF-8.
    """
    for number, line in enumerate(_split(_text_chunks(path)), 1):
        if line is None:
            yield number, None
            continue
        try:
            text = line.decode("utf-8")
            yield number, text if returns else text.removesuffix("\r")
        except UnicodeDecodeError as error:
            raise _not_utf8(path, number, line, error) from error


def read_text(path: Path) -> Iterator[str]:
    """Stream a file as text, in pieces cut anywhere. Raises DataError where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    ended = 0  # lines
    for chunk in chain(_text_chunks(path), [b""]):
        try:
            yield decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            data = error.object
            start = data.rfind(b"\n", 0, error.start) + 1
            line = data[start:].split(b"\n", 1)[0]
            error = UnicodeDecodeError("utf-8", line, error.start - start, len(line), error.reason)
            raise _not_utf8(path, ended + data[:start].count(b"\n") + 1, line, error) from None
        ended += chunk.count(b"\n")


def _text_chunks(path: Path) -> Iterator[bytes]:
    """Chunks without the byte order mark. Raises DataError for nothing, UTF-16 and binary data."""
    chunks = read_chunks(path)
    head = next(chunks, b"").removeprefix(UTF8_MARK)
    while not head.strip() and (chunk := next(chunks, b"")):
        head += chunk
    if not head.strip():
        raise DataError("{path}: is empty.", path=path)
    if head.startswith(UTF16_MARKS):
        raise DataError(
            "{path}: is UTF-16, not UTF-8. Convert it first: iconv -f UTF-16 -t UTF-8 IN > OUT",
            path=path,
        )
    if head[:4096].count(b"\0") * 10 > len(head[:4096]):
        raise DataError("{path}: is binary data or UTF-16, not UTF-8 text.", path=path)
    yield head
    yield from chunks


def _split(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    parts: list[bytes] = []  # the beginning of a line whose end has not come yet
    size = 0
    for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        size += len(first)
        if size <= MAX_LINE:
            parts.append(first)
        else:
            parts.clear()
        if not rest:
            continue
        yield None if size > MAX_LINE else b"".join(parts)
        yield from (line if len(line) <= MAX_LINE else None for line in rest[:-1])
        parts, size = [rest[-1]], len(rest[-1])
    if size:
        yield None if size > MAX_LINE else b"".join(parts)


def _not_utf8(path: Path, number: int, line: bytes, error: UnicodeDecodeError) -> DataError:
    place = {
        "path": path,
        "line": number,
        "byte": f"0x{line[error.start]:02X}",
        "position": error.start + 1,
    }
    encoding = _likely_encoding(line)
    if encoding is None:
        return DataError(
            "{path}: line {line}: byte {byte} at position {position} is not UTF-8. "
            "Save the file as UTF-8.",
            **place,
        )
    return DataError(
        "{path}: line {line}: byte {byte} at position {position} is not UTF-8; it looks like "
        "{encoding}. Convert it first: iconv -f {encoding} -t UTF-8 IN > OUT",
        encoding=encoding,
        **place,
    )


def _likely_encoding(line: bytes) -> str | None:
    """CP949 where it makes Hangul of most that is not ASCII; Windows-1252 where that is little."""
    high = sum(byte > 127 for byte in line)
    try:
        hangul = sum("가" <= letter <= "힣" for letter in line.decode("cp949"))
    except UnicodeDecodeError:
        hangul = 0
    if hangul * 2 > high * 0.8:
        return "CP949"
    return "WINDOWS-1252" if high * 4 < len(line) else None
