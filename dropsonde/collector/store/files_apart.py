"""The dataset's files, for a collector that stays: all work that takes DuckDB is done apart."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from dropsonde.collector.store.apart import apart
from dropsonde.collector.store.archive import Files
from dropsonde.common.errors import WeekDamagedError


@dataclass(frozen=True)
class FilesApart(Files):
    """As :class:`Files`.

    Args:
        lock: the handle of the collector's lock.
    """

    lock: int = field(kw_only=True)

    def merged(self, week: str) -> list[int]:
        """As the other's."""
        moved: list[int] = self._apart(None, "merged", week)
        return moved

    def without(self, sites: Collection[bytes]) -> None:
        """As the other's."""
        if self.dataset.weeks():
            self._apart(None, "without", sites)

    def digests(
        self, secret: bytes, stop: threading.Event | None = None
    ) -> tuple[array[int], set[bytes]]:
        """As the other's."""
        found: tuple[array[int], set[bytes]] = self._apart(stop, "digests", secret)
        return found

    def _apart(self, stop: threading.Event | None, method: str, *arguments: object) -> Any:
        files = Files(self.directory, self.table, dict(self.damaged))
        try:
            result, error, damaged = apart(self.lock, _done, files, method, arguments, stop=stop)
        except BaseException:
            self.directory.sweep()  # what a killed process left
            raise
        # Only what changed: other work may have noted something meanwhile.
        for week in files.damaged.keys() - damaged.keys():
            self.damaged.pop(week, None)
        for week in damaged.keys() - files.damaged.keys():
            self.damaged[week] = damaged[week]
        if error is not None:
            raise error
        return result


def _done(
    files: Files, method: str, arguments: tuple[object, ...]
) -> tuple[Any, WeekDamagedError | None, dict[str, WeekDamagedError]]:
    """Call a method; its result, or its error, and the damaged weeks."""
    result, error = None, None
    try:
        result = getattr(files, method)(*arguments)
    except WeekDamagedError as raised:
        error = raised
    return result, error, files.damaged
