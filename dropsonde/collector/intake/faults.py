"""The faults of a report, as lines that are safe to show to its sender."""

from __future__ import annotations

from collections.abc import Iterable

MAX_FAULTS = 20
MAX_COUNTED = 1000


class RefusedError(Exception):
    """No known schema describes a report; the sender gets the faults, and nothing is stored.

    Attributes:
        faults: one line each, with a path and never a value; at most :data:`MAX_FAULTS`, and a
            last line that counts the others.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Faults:
    """Collects faults: shows the first, counts some more, and tells when to stop."""

    def __init__(self) -> None:
        self._shown: dict[str, None] = {}
        self._others = 0
        self._seen = 0

    def __len__(self) -> int:
        return len(self._shown) + self._others

    @property
    def enough(self) -> bool:
        """Whether more than MAX_COUNTED faults were seen."""
        return self._seen > MAX_COUNTED

    def add(self, faults: Iterable[str]) -> None:
        """Add lines, without duplicates, until there are enough."""
        for fault in faults:
            if len(self._shown) < MAX_FAULTS:
                self._shown[fault] = None
            else:
                self._others += fault not in self._shown
            self._seen += 1
            if self.enough:
                break

    def lines(self) -> tuple[str, ...]:
        """The first faults, and a count of the others."""
        others = f"and {self._others} more" if self._others else ""
        if self.enough:
            others = f"and at least {self._others} more" if self._others else "and perhaps more"
        return (*self._shown, *([others] if others else []))
