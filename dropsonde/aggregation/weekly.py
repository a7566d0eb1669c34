"""The weekly run: close the week, aggregate, check, publish, drop raw data, and keep a record.

If a run is killed at any time, the next one continues from these files:

pending/2026-W47.1.json  in the data directory: the release, made and not yet public
releases                 a week with a release there is public, and is never made again
weekly/2026-W47.json     in the data directory: the record of the run
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import load
from dropsonde.aggregation.unusual import unusual
from dropsonde.common.errors import FileError, HeldBackError
from dropsonde.common.files import private_directory, read_bounded, write_atomically

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release
    from dropsonde.aggregation.releasing import Releasing


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
            the record.

        Raises:
            WeekOpenError: it is not over.
            HeldBackError: it looks unusual; nothing is public.
            CollectorBusyError: another run is under way.
            BudgetSpentError: the budget does not cover its noise.
        """
        with self.releasing.alone():
            self.releasing.check_finished(week)
            record = self._record(week)
            if record.get("finished"):
                return record
            self._done(record, "closed", moved=list(self.close()))
            if all(each.week != week for each in self.releasing.public()):
                self._release(week, record, anyway=anyway)
            self._pending(week).unlink(missing_ok=True)
            self.publish()
            self._done(record, "published")
            self._done(record, "finished", dropped=list(self.drop()))
            return record

    def _release(self, week: str, record: dict[str, Any], *, anyway: bool) -> None:
        """Make the release, unless an earlier run did; check it; make it public."""
        release = self._made(week)
        if release is None:
            release = self.releasing.make(week)
            release.save(self._pending(week).parent)
        odd = self._odd(release)
        self._done(record, "checked", unusual=list(odd), anyway=anyway)
        if odd and not anyway:
            raise HeldBackError(
                f"{week} is held back: {'; '.join(odd)}",
                "look at the reports of that week, then run this with --release-anyway",
            )
        release.save(self.releasing.released)
        self._done(record, "released")

    def _odd(self, release: Release) -> tuple[str, ...]:
        earlier = [each for each in self.releasing.public() if each.week < release.week]
        return unusual(earlier[-1], release) if earlier else ()

    def _pending(self, week: str) -> Path:
        return private_directory(self.releasing.data / "pending") / f"{week}.1.json"

    def _made(self, week: str) -> Release | None:
        path = self._pending(week)
        if not path.exists():
            return None
        try:
            return load(path)
        except ValueError as error:
            raise FileError(str(error), "delete it, and the week is made anew") from error

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
