"""The store's condition: whether rows can be stored now, and the renewal of a damaged spool."""

from __future__ import annotations

import contextlib
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.record import record_of
from dropsonde.collector.row import Row
from dropsonde.collector.store.spool import database
from dropsonde.collector.store.spool.aside import asides, set_aside
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common.errors import (
    ClockError,
    SpoolDamagedError,
    StoreFullError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from dropsonde.collector.store.archive import Files
    from dropsonde.collector.store.clock_watch import Watch
    from dropsonde.collector.store.maintenance import Upkeep
    from dropsonde.common.errors import WeekDamagedError

OK, DEGRADED = "ok", "degraded"  # reports are stored
_WORDS = ((ClockError, "clock"), (SpoolDamagedError, "damaged"), (StoreFullError, "full"))


@dataclass(frozen=True)
class Condition:
    """The condition of an open store.

    Args:
        upkeep: of its directory.
        files: the finished weeks.
        watch: watches the clock.
    """

    upkeep: Upkeep
    files: Files
    watch: Watch
    _renewing: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Refuse rows while the clock is wrong, or the spool is being set aside.

        Raises:
            StoreUnavailableError: no row can be stored now.
        """
        self.watch.check()
        if self._renewing.is_set():
            raise SpoolDamagedError("the spool is being set aside", "try again in a moment")

    def state(self) -> str:
        """Whether rows are stored, by the clock, the last write and a short read.

        Returns:
            ``ok``; ``degraded``: yes, but a finished week is damaged; ``clock``, ``damaged``,
            ``full`` or ``unavailable``: no.
        """
        try:
            self.check()
            if self.upkeep.writer.fault is not None:
                raise self.upkeep.writer.fault
            with self.noticing(), reading(self.upkeep.directory.spool) as found:
                found.weeks()
        except StoreUnavailableError as error:
            return next((word for kind, word in _WORDS if isinstance(error, kind)), "unavailable")
        return DEGRADED if self.damaged_weeks else OK

    @property
    def commits(self) -> int:
        """The number of writes so far."""
        return self.upkeep.writer.commits

    @property
    def damaged_weeks(self) -> Mapping[str, WeekDamagedError]:
        """The damaged finished weeks and their errors."""
        return dict(self.files.damaged)

    @property
    def spools_aside(self) -> int:
        """The number of damaged spools that were set aside."""
        return len(asides(self.upkeep.directory))

    @property
    def is_failing(self) -> bool:
        """Whether the last write failed."""
        return self.upkeep.writer.fault is not None

    @property
    def is_damaged(self) -> bool:
        """Whether the spool is damaged: :meth:`renew` it."""
        return isinstance(self.upkeep.writer.fault, SpoolDamagedError)

    def probe(self) -> None:
        """Write a row durably, as for a report, and remove it in the same commit.

        Raises:
            StoreUnavailableError: no row can be stored; :meth:`state` also tells it.
        """
        row = Row(str(uuid.uuid4()), secrets.token_bytes(64), "", "", self.watch.check(), {})
        record = record_of(row)
        self.upkeep.writer.submit(lambda connection: database.probe(connection, record)).result()

    def renew(self) -> Path | None:
        """Set a damaged spool aside, as at a start, and continue with a new one.

        Until this returns, rows are refused.

        Returns:
            The damaged spool's new directory; None if the spool is sound after all.

        Raises:
            StoreUnavailableError: it is not possible now; nothing was changed.
            FileError: the disk fails, or is full; nothing was changed.
        """
        directory, clock = self.upkeep.directory, self.watch.time
        with self.upkeep.lock:  # upkeep identifies rows by versions, which a new spool reuses
            self._renewing.set()
            try:
                return self.upkeep.writer.reopen(lambda: set_aside(directory, clock))
            finally:
                self._renewing.clear()

    @contextlib.contextmanager
    def noticing(self) -> Iterator[None]:
        """Record that the spool is damaged if a reader finds it so."""
        try:
            yield
        except SpoolDamagedError as error:
            self.upkeep.writer.noted(error)
            raise
