"""What is wrong with a report, in lines that may be shown to whoever sent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FAULTS = 20


class RefusedError(Exception):
    """A report that no known schema describes; answered over HTTP, and nothing of it is kept.

    Attributes:
        faults: one line each, with its path and never with a value; at most :data:`MAX_FAULTS`, and
            a last line that counts the others.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def cut(faults: Iterable[str], others: int = 0) -> tuple[str, ...]:
    """The first faults, each once, and how many more there are.

    Args:
        faults: one line each.
        others: how many were found besides and not put into words.
    """
    shown: dict[str, None] = {}
    for fault in faults:
        if len(shown) < MAX_FAULTS:
            shown[fault] = None
        else:
            others += fault not in shown
    return (*shown, *([f"and {others} more"] if others else []))
