"""Writing files so that a crash, a kill or a full disk never leaves half of one."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError

from jium.errors import RunError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, sync it, then rename it into place.

    Raises RunError if the disk is full or the folder cannot be written; what stood at `path` before
    is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise _explain(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    write_whole(path, lambda temporary: temporary.write_text(text, "utf-8"))


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explain(path: Path, error: Exception) -> RunError:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "No space left" in str(error):
        return RunError(
            "{path}: the disk is full. Nothing saved before is lost; make room and go on with "
            "--resume.",
            path=path,
        )
    return RunError(
        "{path}: cannot be written: {error}. Choose another folder with --out.",
        path=path,
        error=error,
    )
