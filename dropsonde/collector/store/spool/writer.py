"""One thread writes the spool: it takes all that waits and commits once for all of it.

A commit waits for the disk. With many callers at once they share that wait: while one commit is
under way, the next one's work gathers.
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

from dropsonde.collector.store.spool.faults import FAULTS, translated
from dropsonde.common.errors import SpoolDamagedError, StoreUnavailableError

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
        connect: makes a connection in autocommit mode, usable from any thread.
        committed: is called after each shared commit, before anybody is told.

    Attributes:
        commits: how many there were.
        fault: why the last commit failed; None when it did not. That the spool is damaged stays
            until it is opened anew: what stands on sound pages can be written all the same.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        committed: Callable[[sqlite3.Connection], None],
    ) -> None:
        self._connect, self._committed = connect, committed
        self._connection = connect()
        self.commits = 0
        self.fault: StoreUnavailableError | None = None
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

    def reopen(self, between: Callable[[], T]) -> T:
        """Close the connection, run something, and connect again.

        Raises:
            StoreUnavailableError: there is no connection; try it again later.
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
        """Keep in mind what a reader has found."""
        self.fault = error

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
            if together := [job for job in batch if not job.alone]:
                self._note(_run(together, self._connection, self._committed))
            for job in batch:
                if job.alone:
                    _run([job], self._connection, self._committed)
        self._connection.close()

    def _note(self, error: Exception | None) -> None:
        """Remember how the last commit ended."""
        if error is None:
            self.commits += 1
        if not isinstance(self.fault, SpoolDamagedError) and (
            error is None or isinstance(error, StoreUnavailableError)
        ):
            self.fault = error

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


def _run(
    batch: list[_Job[Any]],
    connection: sqlite3.Connection,
    committed: Callable[[sqlite3.Connection], None],
) -> Exception | None:
    """Run all of a batch or nothing of it; why it was nothing."""
    together = not batch[0].alone
    try:
        if together:
            connection.execute("BEGIN IMMEDIATE")
        results = [job.work(connection) for job in batch]
        if together:
            connection.execute("COMMIT")
            with contextlib.suppress(OSError, sqlite3.Error):  # what is committed is committed
                committed(connection)
    except Exception as error:  # noqa: BLE001 - whoever waits is told, and the thread goes on
        with contextlib.suppress(sqlite3.Error):  # where there is no connection
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        told: list[Exception] = [
            translated(error) if isinstance(error, FAULTS) else error
            for _ in batch  # an exception of its own for each thread that raises it
        ]
        for job, each in zip(batch, told, strict=True):
            job.future.set_exception(each)
        return told[0]
    for job, result in zip(batch, results, strict=True):
        job.future.set_result(result)
    return None
