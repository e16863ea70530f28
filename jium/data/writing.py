"""Files that are either whole or not there: written beside, synced, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from jium.errors import RunError


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open `path` for writing; complete, it appears when the block ends; never where it fails.

    Raises RunError where the disk is full or the folder cannot be written.
    """
    beside = path.with_name(path.name + ".tmp")
    try:
        with open(beside, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        sync_folder(path.parent)
    except OSError as error:
        if error.filename not in (None, str(beside), beside):  # of another file
            raise
        raise RunError("{path}: cannot be written: {error}", path=path, error=error) from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> Path:
    """The folder, made where it is not there. Raises RunError where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError("{path}: cannot be written: {error}", path=folder, error=error) from error
    return folder
