"""Files that are either whole or not there: written beside, synced, renamed.

A crash, a kill or a full disk never leaves half of one, and never harms what stood there before.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from safetensors import SafetensorError

from jium.errors import RunError

FULL = (errno.ENOSPC, errno.EDQUOT)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path`, then rename it into place.

    Raises RunError where the disk is full or the folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with explained(path, beside):
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.touch()
            rights = beside.stat().st_mode  # of an ordinary file here; safetensors gives fewer
            write(beside)
            beside.chmod(rights)
            with open(beside, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(beside, path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, with line feeds as they stand."""
    write_whole(path, lambda beside: beside.write_text(text, "utf-8", newline="\n"))


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open `path` to be written bit by bit; it appears when the block ends, not where it fails."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with explained(path, beside):
            with open(beside, "w", encoding="utf-8", newline="\n") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def explained(path: Path, beside: Path | None = None) -> Iterator[None]:
    """Inside the block a failure to write `path`, or `beside` for it, is a RunError that says."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        name = getattr(error, "filename", None)
        if name is not None and Path(name) not in (path, beside, *path.parents):
            raise  # of another file
        if getattr(error, "errno", 0) in FULL or "No space left" in str(error):
            raise RunError(
                "{path}: the disk is full. Nothing saved before is lost; make room, and go on "
                "(a run: with --resume).",
                path=path,
            ) from error
        raise RunError("{path}: cannot be written: {error}", path=path, error=error) from error


def make_folder(folder: Path) -> Path:
    """The folder, made where it is not there. Raises RunError where it cannot be."""
    with explained(folder, folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
