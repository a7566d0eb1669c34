"""Check the system clock: it decides a report's week, and what is too old to keep.

A data directory records when it was last used (``clock.json``); at its start, a collector compares
the clock with that. A running collector compares it with the kernel's count of seconds since boot,
which cannot be set and continues while the machine sleeps.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.record import EPOCH, MICROSECOND
from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common import weeks
from dropsonde.common.errors import ClockError, StoreUnavailableError
from dropsonde.common.files import read_bounded, write_atomically

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory

NAME = "clock.json"
MOST = timedelta(days=1)
_ADVICE = "set the clock; if it is right, as after a long outage, give --accept-clock once"


def since_boot() -> float:
    """Seconds since boot, including sleep; this clock cannot be set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Mark:
    """When a directory was last used.

    Args:
        seen: the time then (aware).
        seq: the version of the newest row then; the time of a newer row also counts.
    """

    seen: datetime
    seq: int

    def write(self, root: Path) -> None:
        """Write the mark to a data directory; it is on disk when this returns."""
        found = {"seen": self.seen.isoformat(), "seq": self.seq}
        write_atomically(root / NAME, json.dumps(found).encode() + b"\n")


def read(root: Path) -> Mark | None:
    """The mark of a data directory; None if it has none yet.

    Raises:
        ClockError: the file is malformed.
    """
    path = root / NAME
    if not path.exists():
        return None
    try:
        found = json.loads(read_bounded(path) or b"")
        mark = Mark(datetime.fromisoformat(found["seen"]), int(found["seq"]))
        if mark.seen.tzinfo is None:
            raise ValueError(found)  # noqa: TRY301 - one message for all malformed marks
    except (ValueError, TypeError, KeyError) as error:
        raise ClockError(f"{path} does not say when {root} was last used", _ADVICE) from error
    return mark


def tidy(root: Path) -> None:
    """Remove the temporary files of a killed collector."""
    for left in root.glob(f".{NAME}.*"):
        left.unlink(missing_ok=True)


def check(directory: Directory, now: datetime) -> None:
    """Compare the clock with the time a directory was last used; write nothing.

    Raises:
        ClockError: they are more than a day apart.
    """
    seen = _last_used(directory, now)
    if seen is not None and abs(now - seen) > MOST:
        raise ClockError(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, "
            f"and {directory.root} was last used at {seen:%Y-%m-%d %H:%M} UTC",
            _ADVICE,
        )


def _last_used(directory: Directory, now: datetime) -> datetime | None:
    """When it was last used: the mark's or a later row's time, else the newest finished week's."""
    mark = read(directory.root)
    seq, received = _newest_row(directory)
    if mark is not None:
        return max(mark.seen, received) if received and seq > mark.seq else mark.seen
    finished = Dataset(directory.dataset).weeks()
    if received is not None or not finished:
        return received
    return min(max(now, weeks.first_moment(finished[-1])), weeks.last_moment(finished[-1]))


def _newest_row(directory: Directory) -> tuple[int, datetime | None]:
    """The version of the newest row and when it was received; (0, None) if there is none."""
    newest = None  # also if the spool is damaged, which other code reports
    with contextlib.suppress(StoreUnavailableError), reading(directory.spool) as spool:
        newest = spool.newest()
    if newest is None or not newest.record.whole:
        return 0, None
    return newest.seq, EPOCH + newest.record.received * MICROSECOND


class Watch:
    """Watches the clock of a directory that is in use.

    Args:
        directory: held by this collector.
        clock: gives the time (aware).
        steady: gives the seconds of a clock that cannot be set.

    Attributes:
        time: the clock, unchecked.
    """

    def __init__(
        self,
        directory: Directory,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = since_boot,
    ) -> None:
        self.time = clock
        self._directory, self._steady = directory, steady
        self._began = clock() - timedelta(seconds=steady())

    def check(self) -> datetime:
        """The time.

        Raises:
            ClockError: the clock jumped by more than a day since the start, and is not back.
        """
        now = self.time()
        jumped = now - self._began - timedelta(seconds=self._steady())
        if abs(jumped) > MOST:
            way = "forward" if jumped > MOST else "back"
            raise ClockError(
                f"the clock jumped {way} by more than a day: until it is back no report is taken, "
                "and no week is moved or dropped",
                "if it is right now, start the collector again with --accept-clock",
            )
        return now

    def remember(self) -> None:
        """Record that the directory is in use now.

        Raises:
            ClockError: as :meth:`check`.
            FileError: the disk fails, or is full.
        """
        Mark(self.check(), _newest_row(self._directory)[0]).write(self._directory.root)
