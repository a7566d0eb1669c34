"""Check the invariants of every request: a valid answer, no value of the report, no log line."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection, Iterator
from http import HTTPStatus
from typing import Any

from dropsonde.schema.model import PRODUCT
from ext.fuzzing.bodies import CANARY
from tests.unit.collector.intake.reports import NEWEST, SITE_ID

# An answer may contain shorter values by chance: it contains hashes.
_TELLING = 12
_OURS = {PRODUCT, *(item.name for column in NEWEST for item in (column, *column.fields))}
# As the program sets them.
_LEVELS = {"": logging.WARNING, "dropsonde": logging.INFO, "uvicorn": logging.ERROR}


class FoundError(AssertionError):
    """Something that must not happen."""


class Watch(logging.Handler):
    """Collects the program's log lines."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._lines.append(record.getMessage())

    def silent(self) -> None:
        """Check that nothing was logged since the last check.

        Raises:
            FoundError: something was logged.
        """
        lines, self._lines = self._lines, []
        if lines:
            raise FoundError(f"it logged: {lines}")


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """Watch what the collector, its server and its event loop log."""
    watch = Watch()
    loggers = {logging.getLogger(name): level for name, level in _LEVELS.items()}
    before = {logger: logger.level for logger in loggers}
    for logger, level in loggers.items():
        logger.setLevel(level)
    logging.getLogger().addHandler(watch)
    try:
        yield watch
    finally:
        logging.getLogger().removeHandler(watch)
        for logger, level in before.items():
            logger.setLevel(level)


def sound(status: int) -> None:
    """Check that a status is a success, or the client's fault.

    Raises:
        FoundError: it is the server's fault.
    """
    informational = status == HTTPStatus.CONTINUE
    if not (informational or 200 <= status < 300 or 400 <= status < 500):  # noqa: PLR2004 - as HTTP says
        raise FoundError(f"status {status}")


def tells_nothing(answer: bytes, values: Collection[str] = ()) -> None:
    """Check that an answer contains no value of a report.

    Raises:
        FoundError: it contains one.
    """
    text = answer.decode("utf-8", "replace")
    told = [value for value in (CANARY, SITE_ID, *values) if value in text]
    if told:
        raise FoundError(f"the answer has {told[0]!r} of the report")


def values_of(body: bytes) -> set[str]:
    """The distinctive texts in a body; none if it is not JSON."""
    try:
        return {text for text in _texts(json.loads(body)) if len(text) >= _TELLING} - _OURS
    except (ValueError, RecursionError):
        return set()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
