"""Lines of JSON for DuckDB, through pipes: one statement reads more rows than memory has room for.

DuckDB keeps what it reads of a pipe until that pipe's end. So each holds one piece of the rows, and
is opened when the one before it is read. What is in a pipe is never on the disk.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.dataset import handle_name
from dropsonde.common.errors import StoreUnavailableError
from dropsonde.common.files import PRIVATE_FILE

if TYPE_CHECKING:
    import duckdb

    from dropsonde.collector.store.parquet.schema import Table

_AT_ONCE = 1 << 20  # bytes
_SOON = 0.01  # seconds

Pieces = Sequence[Iterable[bytes]]


def feed(
    connection: duckdb.DuckDBPyConnection,
    scratch: Path,
    pieces: Pieces,
    table: Table,
    statement: Callable[[str], str],
) -> None:
    """Run a statement that stores lines.

    Args:
        connection: to the database; with one thread it keeps the order of the lines.
        scratch: a directory for the pipes.
        pieces: the lines, as :meth:`Table.from_json` reads them; another thread makes each piece
            when it is due.
        table: the lines' columns.
        statement: makes the statement of a SELECT of the table's columns and the week.

    Raises:
        StoreUnavailableError: not every line was stored.
    """
    with _feeding(scratch, pieces) as (feeder, names):
        (stored,) = connection.execute(statement(table.from_json(names))).fetchone() or (0,)
    if stored != feeder.lines:
        raise StoreUnavailableError(
            f"{feeder.lines - stored} rows of the spool cannot be read as rows of the dataset",
            "they stay in the spool",
        )


class _Feeder(threading.Thread):
    """Writes each piece into its pipe.

    Attributes:
        lines: how many were written.
        over: set to end early; the remaining pipes are empty then.
        error: why they are, if that is the reason.
    """

    def __init__(self, pipes: Sequence[Path], pieces: Pieces) -> None:
        super().__init__(name="feeder")
        self._pipes, self._pieces, self._at = pipes, pieces, 0
        self.lines, self.over = 0, False
        self.error: Exception | None = None

    def run(self) -> None:
        """Feed each pipe."""
        while self._at < len(self._pipes):
            try:
                self._feed(self._pipes[self._at], () if self.over else self._pieces[self._at])
            except Exception as error:  # noqa: BLE001 - raised where the lines are read
                self.error, self.over = self.error or error, True
            self._at += 1

    def _feed(self, pipe: Path, lines: Iterable[bytes]) -> None:
        with pipe.open("wb", buffering=_AT_ONCE) as file:  # waits for a reader
            for line in lines:
                file.write(line)
                self.lines += 1

    def end(self) -> None:
        """Wait until it has ended, and read what nobody else does: it would wait for ever."""
        self.over = True
        while self.is_alive():
            pipe = self._pipes[min(self._at, len(self._pipes) - 1)]
            handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(handle, "rb", buffering=0) as file:  # noqa: PTH123 - a handle, not a path
                while file.read(_AT_ONCE):
                    continue
            self.join(_SOON)


@contextlib.contextmanager
def _feeding(scratch: Path, pieces: Pieces) -> Iterator[tuple[_Feeder, list[str]]]:
    """Feed pipes; yield their names. An error of the lines is raised at the end."""
    pipes = [scratch / f"{number}.pipe" for number in range(len(pieces))]
    place = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for path in pipes:
            os.mkfifo(path, PRIVATE_FILE)
        feeder = _Feeder(pipes, pieces)
        feeder.start()
        try:
            yield feeder, [f"{handle_name(place)}/{path.name}" for path in pipes]
        finally:
            feeder.end()
        if feeder.error is not None:
            raise feeder.error
    finally:
        for path in pipes:
            path.unlink(missing_ok=True)
        os.close(place)
