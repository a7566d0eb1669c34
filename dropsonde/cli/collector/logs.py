"""A log on standard error with a limit of lines a minute, and a count of those left out."""

from __future__ import annotations

import logging
import time
from collections import Counter

_MINUTE = 60.0
_ALIKE = 3  # identical lines
_LINES = 100  # of all kinds


class Bounded(logging.StreamHandler):  # type: ignore[type-arg]  # Python 3.10 has no parameter
    """Writes lines without tracebacks: an error's own text may hold values of a report.

    Args:
        program: its name, which begins each line.
    """

    def __init__(self, program: str) -> None:
        super().__init__()
        self.setFormatter(_Formatter(f"{program}: %(message)s"))
        self._begun = time.monotonic()
        self._written: Counter[str] = Counter()
        self._left_out = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, or count it."""
        now = time.monotonic()
        if now - self._begun >= _MINUTE:
            self._say_left_out()
            self._begun = now
            self._written.clear()
        line = record.getMessage()
        if self._written.total() < _LINES and self._written[line] < _ALIKE:
            self._written[line] += 1
            super().emit(record)
        else:
            self._left_out += 1

    def close(self) -> None:
        """Say how many lines were left out, at the end of the process."""
        self._say_left_out()
        super().close()

    def _say_left_out(self) -> None:
        if self._left_out:
            count, self._left_out = self._left_out, 0
            text = f"{count} more line{'s' * (count > 1)} of this log were left out"
            super().emit(logging.makeLogRecord({"msg": text}))


class _Formatter(logging.Formatter):
    """One line, without a traceback."""

    def formatException(self, ei: object) -> str:  # noqa: ARG002, N802 - logging's
        return ""
