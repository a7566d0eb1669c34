"""One thread writes the spool: it runs all queued jobs and commits them together.

A commit waits for the disk. Concurrent callers share that wait: during one commit, the jobs of the
next one queue up.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from dropsonde.collector.store.spool.sqlite_errors import FAULTS, translated
from dropsonde.common.errors import SpoolDamagedError, StoreUnavailableError

T = TypeVar("T")
_MOST = 256  # jobs in a commit


@dataclass
class _Job(Generic[T]):
    work: Callable[[sqlite3.Connection], T]
    alone: bool
    after: Callable[[], object]
    future: Future[T] = field(default_factory=Future)


class Writer:
    """Runs functions on the only writing connection; a future is done when its work is on disk.

    Args:
        connect: makes a connection in autocommit mode, usable from any thread.
        committed: is called after each shared commit, before the futures are done.

    Attributes:
        commits: the number of commits.
        ended: is called in the writer's thread once the futures of some jobs are done; it raises
            nothing.
        fault: why the last commit failed; None if it succeeded. A SpoolDamagedError stays until
            the spool is reopened: later commits to its sound pages can still succeed.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        committed: Callable[[sqlite3.Connection], None],
    ) -> None:
        self._connect, self._committed = connect, committed
        self._connection = connect()
        self.commits = 0
        self.ended: Callable[[], object] = lambda: None
        self.fault: StoreUnavailableError | None = None
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._entry = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="spool writer")
        self._thread.start()

    def submit(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        alone: bool = False,
        after: Callable[[], object] = lambda: None,
    ) -> Future[T]:
        """Queue a function to run within a transaction that it shares with others.

        Args:
            work: the function; it neither begins nor ends a transaction.
            alone: run it outside of any transaction instead.
            after: called once it is on disk, in the order of the jobs; it raises nothing.

        Returns:
            A future of its result, once it is on disk, or of a :class:`StoreUnavailableError`.
        """
        job = _Job(work, alone, after)
        with self._entry:  # no job may follow the end marker
            if self._closed:
                raise StoreUnavailableError("the store is closed", "start the collector again")
            self._jobs.put(job)
        return job.future

    def reopen(self, between: Callable[[], T]) -> T:
        """Close the connection, run a function, and connect again.

        Raises:
            StoreUnavailableError: connecting failed; try again later.
        """

        def work(connection: sqlite3.Connection) -> T:
            connection.close()
            try:
                result = between()
            finally:
                self._connection = self._connect()
            self.fault = None
            return result

        return self.submit(work, alone=True).result()

    def noted(self, error: SpoolDamagedError) -> None:
        """Record a reader's error as the fault."""
        self.fault = error

    def close(self) -> None:
        """Write all queued work, and close the connection."""
        with self._entry:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _serve(self) -> None:
        more = True
        while more:
            batch, more = self._gather()
            if together := [job for job in batch if not job.alone]:
                self._note(_run(together, self._connection, self._committed))
            for job in batch:
                if job.alone:
                    _run([job], self._connection, self._committed)
            self.ended()
        self._connection.close()

    def _note(self, error: Exception | None) -> None:
        """Record the result of the last commit."""
        if error is None:
            self.commits += 1
        if not isinstance(self.fault, SpoolDamagedError) and (
            error is None or isinstance(error, StoreUnavailableError)
        ):
            self.fault = error

    def _gather(self) -> tuple[list[_Job[Any]], bool]:
        """Wait for jobs and return them, and whether more may come."""
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


def _run(
    batch: list[_Job[Any]],
    connection: sqlite3.Connection,
    committed: Callable[[sqlite3.Connection], None],
) -> Exception | None:
    """Run a batch completely or not at all; return the error if it failed."""
    together = not batch[0].alone
    try:
        if together:
            connection.execute("BEGIN IMMEDIATE")
        results = [job.work(connection) for job in batch]
        if together:
            connection.execute("COMMIT")
            with contextlib.suppress(OSError, sqlite3.Error):  # the commit itself succeeded
                committed(connection)
    except Exception as error:  # noqa: BLE001 - the futures raise it, and the thread continues
        with contextlib.suppress(sqlite3.Error):  # if the connection is closed
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        told: list[Exception] = [
            translated(error) if isinstance(error, FAULTS) else error
            for _ in batch  # a separate exception for each thread that raises it
        ]
        for job, each in zip(batch, told, strict=True):
            job.future.set_exception(each)
        return told[0]
    for job, result in zip(batch, results, strict=True):
        job.after()
        job.future.set_result(result)
    return None
