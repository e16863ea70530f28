"""What happened, one JSON object a line on standard error: who asked what kind of thing, how it
went, how much and how long. Never what was said, and never a key.
"""

import json
import logging
import sys
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO


class Log:
    """Writes lines; `out` is standard error unless a test says otherwise."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out
        self._lock = threading.Lock()

    def write(self, event: str, **fields: Any) -> None:
        """A line. Fields that are None are left out."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = {name: value for name, value in fields.items() if value is not None}
        line = json.dumps({"time": now, "event": event, **said}, ensure_ascii=False)
        with self._lock, suppress(OSError, ValueError):  # who reads it has gone: answers go on
            print(line, file=self._out or sys.stderr, flush=True)

    def fault(self, error: BaseException, **fields: Any) -> None:
        """An error that nobody meant: its kind and the places it came through. Its words stay out,
        since they may quote the request.
        """
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        self.write("fault", error=type(error).__name__, places=places, **fields)


class ForLog(logging.Handler):
    """Carries what uvicorn and asyncio have to say into the log: the sentence, and the kind of an
    exception, whose words may quote a request.
    """

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info and record.exc_info[0]
        self._log.write(
            "server",
            level=record.levelname.lower(),
            message=str(record.msg).splitlines()[0] if kind else record.getMessage(),
            error=kind.__name__ if kind else None,
        )
