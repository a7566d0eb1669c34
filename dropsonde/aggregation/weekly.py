"""The weekly run: close the week, aggregate, check, publish, drop raw data, and keep a record.

If a run is killed at any time, the next one continues from these files:

pending/2026-W47.json      in the data directory: the release, not yet public
    2026-W47.cells.parquet its cells; both have noise, and are kept until the week is public
releases                   a week with a release there is public, and is never made again
weekly/2026-W47.json       in the data directory: the record of the run
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.public import cells_of
from dropsonde.aggregation.release import load
from dropsonde.aggregation.unusual import unusual
from dropsonde.common.errors import FileError, HeldBackError
from dropsonde.common.files import (
    private_directory,
    read_bounded,
    read_file,
    write_atomically,
)

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release
    from dropsonde.aggregation.releasing import Releasing

_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Weekly:
    """One week's work.

    Args:
        releasing: makes releases.
        close: moves the finished week's rows to their final store; returns the weeks.
        publish: makes files and pages of all releases; atomic and idempotent.
        drop: removes raw data past retention; returns the weeks.
    """

    releasing: Releasing
    close: Callable[[], Sequence[str]]
    publish: Callable[[], None]
    drop: Callable[[], Sequence[str]]

    def run(self, week: str, *, anyway: bool = False) -> dict[str, Any]:
        """Do the remaining steps of a week.

        Args:
            week: finished.
            anyway: release an unusual week: a person has looked at it.

        Returns:
            the record; without ``published`` if no site counts yet, so that nothing is public.

        Raises:
            WeekOpenError: it is not over.
            HeldBackError: it looks unusual; nothing is public.
            CollectorBusyError: another run is under way.
            BudgetSpentError: the budget does not cover its noise.
            LedgerError: a payment is missing.
        """
        with self.releasing.alone():
            self.releasing.check_finished(week)
            record = self._record(week)
            if record.get("finished"):
                return record
            self._done(record, "closed", moved=list(self.close()))
            if self._made(week) is None and self.releasing.is_too_early(week):
                self._done(record, "nobody", dropped=list(self.drop()))
                return record
            if week not in self.releasing.public().weeks:
                self._release(week, record, anyway=anyway)
            for path in self._parts(week):
                path.unlink(missing_ok=True)
            self.publish()
            self._done(record, "published")
            self._done(record, "finished", dropped=list(self.drop()))
            return record

    def _release(self, week: str, record: dict[str, Any], *, anyway: bool) -> None:
        """Make the release, unless an earlier run did; check it; make it public."""
        release = self._made(week)
        if release is None:
            release = self.releasing.make(week, self._pending)
            release.save(self._pending)
        self.releasing.check_paid(week)
        odd = self._odd(release)
        self._done(record, "checked", unusual=list(odd), anyway=anyway)
        if odd and not anyway:
            raise HeldBackError(
                f"{week} is held back: {'; '.join(odd)}",
                "look at the reports of that week, then run this with --release-anyway",
            )
        released = private_directory(self.releasing.released)
        for path in self._parts(week):  # the release last: with it, the week is public
            write_atomically(released / path.name, read_file(path, _MOST_BYTES))
        self._done(record, "released")

    def _odd(self, release: Release) -> tuple[str, ...]:
        before = self.releasing.public().before(release.week)
        return () if before is None else unusual(before, release)

    @property
    def _pending(self) -> Path:
        return private_directory(self.releasing.data / "pending")

    def _parts(self, week: str) -> tuple[Path, Path]:
        return self._pending / f"{week}{SUFFIX}", self._pending / f"{week}.json"

    def _made(self, week: str) -> Release | None:
        cells, path = self._parts(week)
        if not (path.exists() and cells.exists()):
            return None
        try:
            release = load(path)
            cells_of(release, self._pending)
        except (ValueError, FileError) as error:
            told = f"{path} or its cells are damaged"
            raise FileError(told, "delete both; then the week is made and paid for anew") from error
        return release

    def _path(self, week: str) -> Path:
        return private_directory(self.releasing.data / "weekly") / f"{week}.json"

    def _record(self, week: str) -> dict[str, Any]:
        """Read the record; it decides only whether any step remains."""
        data = read_bounded(self._path(week))
        try:
            found = json.loads(data or b"{}")
        except ValueError:
            found = None
        return {"week": week, **found} if isinstance(found, dict) else {"week": week}

    def _done(self, record: dict[str, Any], step: str, **more: Any) -> None:
        record[step] = self.releasing.clock().isoformat()
        record.update(more)
        path = self._path(record["week"])
        write_atomically(path, f"{json.dumps(record, indent=1)}\n".encode())
