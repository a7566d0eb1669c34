"""What is wrong with a report, in lines that may be shown to whoever sent it."""

from __future__ import annotations

from collections.abc import Iterable

MAX_FAULTS = 20
MAX_COUNTED = 1000


class RefusedError(Exception):
    """A report that no known schema describes; answered over HTTP, and nothing of it is kept.

    Attributes:
        faults: one line each, with its path and never with a value; at most :data:`MAX_FAULTS`, and
            a last line that counts the others.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


class Faults:
    """Collects faults: shows the first, counts some more, and says when to stop looking."""

    def __init__(self) -> None:
        self._shown: dict[str, None] = {}
        self._others = 0
        self._seen = 0

    def __len__(self) -> int:
        return len(self._shown) + self._others

    @property
    def enough(self) -> bool:
        """Whether so many were found that nobody needs to know of another."""
        return self._seen > MAX_COUNTED

    def add(self, faults: Iterable[str]) -> None:
        """Take lines, each once, until there are enough."""
        for fault in faults:
            if len(self._shown) < MAX_FAULTS:
                self._shown[fault] = None
            else:
                self._others += fault not in self._shown
            self._seen += 1
            if self.enough:
                break

    def lines(self) -> tuple[str, ...]:
        """The first faults, and how many more there are."""
        others = f"and {self._others} more" if self._others else ""
        if self.enough:
            others = f"and at least {self._others} more" if self._others else "and perhaps more"
        return (*self._shown, *([others] if others else []))
