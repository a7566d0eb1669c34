"""One thread writes the spool: it takes all that waits and commits once for all of it.

A commit waits for the disk. With many callers at once they share that wait: while one commit is
under way, the next one's work gathers.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dropsonde.collector.errors import (
    SpoolDamagedError,
    StoreFullError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_MOST = 256  # works in a commit


@dataclass
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    alone: bool
    future: Future[T] = field(default_factory=Future)


class Writer:
    """Runs functions on the one writing connection; a future is done when its work is on disk.

    Args:
        connection: in autocommit mode, usable from any thread; the writer closes it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._entry = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="spool writer")
        self._thread.start()

    def submit(self, work: Callable[[sqlite3.Connection], T], *, alone: bool = False) -> Future[T]:
        """Have a function run within a transaction that others share.

        Args:
            work: what to run; it neither begins nor ends a transaction.
            alone: run it outside of any transaction instead.

        Returns:
            Its result once it is on disk, or a :class:`StoreUnavailableError`.
        """
        job = _Job(work, alone)
        with self._entry:  # nothing may come after the end
            if self._closed:
                raise StoreUnavailableError("the store is closed", "start the collector again")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Write what waits, and close the connection."""
        with self._entry:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            _run([job for job in batch if not job.alone], self._connection)
            for job in batch:
                if job.alone:
                    _run([job], self._connection)
        self._connection.close()

    def _gather(self) -> tuple[list[_Job[Any]], bool]:
        """What waits, at least one; and whether more may come."""
        batch: list[_Job[Any]] = []
        job = self._jobs.get()
        while job is not None:
            if job.future.set_running_or_notify_cancel():
                batch.append(job)
            if job.alone or len(batch) >= _MOST:
                return batch, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False


def _run(batch: list[_Job[Any]], connection: sqlite3.Connection) -> None:
    """Run all of a batch or nothing of it."""
    if not batch:
        return
    together = not batch[0].alone
    try:
        if together:
            connection.execute("BEGIN IMMEDIATE")
        results = [job.work(connection) for job in batch]
        if together:
            connection.execute("COMMIT")
    except Exception as error:  # noqa: BLE001 - whoever waits is told, and the thread goes on
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in batch:  # an exception of its own for each thread that raises it
            job.future.set_exception(
                translated(error) if isinstance(error, sqlite3.Error) else error
            )
    else:
        for job, result in zip(batch, results, strict=True):
            job.future.set_result(result)


def translated(error: sqlite3.Error) -> StoreUnavailableError:
    """SQLite's error as one of ours. Its codes are not to be had before Python 3.11."""
    text = str(error)
    kind: type[StoreUnavailableError]
    if "is full" in text:
        kind, advice = StoreFullError, "free some space; nothing acknowledged is lost"
    elif "malformed" in text or "not a database" in text:
        kind, advice = SpoolDamagedError, "restart the collector: it salvages what can be read"
    else:
        kind, advice = StoreUnavailableError, "check the disk; nothing acknowledged is lost"
    found = kind(f"the spool cannot be read or written: {text}", advice)
    found.__cause__ = error
    return found
