"""The bytes of a file, in chunks: plain, gzip (.gz) or Zstandard (.zst)."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from jium.errors import DataError, require

CHUNK = 2**20  # bytes
SMALL = 2**13  # bytes given to Zstandard at a time, which may answer with a thousand times as many
COMPRESSIONS = (".gz", ".zst")


def format_of(path: Path) -> str:
    """What the file holds, by its name, compression aside: ".tsv" for `pairs.TSV.gz`."""
    name = path.name.lower()
    for ending in COMPRESSIONS:
        name = name.removesuffix(ending)
    return Path(name).suffix


def read_chunks(path: Path) -> Iterator[bytes]:
    """Stream the bytes of a file, decompressed. Raises DataError where it cannot be read."""
    reader = {".gz": _gzip, ".zst": _zstandard}.get(path.suffix.lower(), _plain)
    try:
        yield from reader(path)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(path, error) from error
    except FileNotFoundError as error:
        raise DataError("{path}: no such file.{near}", path=path, near="") from error
    except OSError as error:
        raise DataError("{path}: cannot be read: {error}", path=path, error=error) from error


def damaged(path: Path, error: object) -> DataError:
    """The error for a file that does not hold what its name says."""
    return DataError(
        "{path}: is damaged, or not a {format} file: {error}. Copy or download it again.",
        path=path,
        format=path.suffix,
        error=str(error).rstrip("."),
    )


def _plain(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(size):
            yield chunk


def _gzip(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _zstandard(path: Path) -> Iterator[bytes]:
    """Frame by frame: the library's own stream reader takes a file cut short for a whole one."""
    zstandard = require("zstandard", "data")
    frame = None
    try:
        for compressed in _plain(path, SMALL):
            while compressed:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                if chunk := frame.decompress(compressed):
                    yield chunk
                compressed = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    except zstandard.ZstdError as error:
        raise damaged(path, error) from error
    if frame is not None:
        raise damaged(path, "it ends too early")
