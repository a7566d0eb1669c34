"""The guard's verdict on a query, with positions in its text."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.aggregation.guard.parsing import BEGAN
from dropsonde.aggregation.query import LINE_END

if TYPE_CHECKING:
    from sqlglot import exp

    from dropsonde.aggregation.plan import Plan

_MOST_LETTERS = 300
_LONG = re.compile(r"\S{61,}")


@dataclass(frozen=True, order=True)
class Reason:
    """Why a query is refused.

    Attributes:
        line: from 1.
        column: from 1.
        text: what is wrong and what to write instead, in one line.
    """

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        """As compilers print it."""
        return f"{self.line}:{self.column}: {self.text}"


@dataclass(frozen=True)
class Verdict:
    """Either a plan or at least one reason.

    Attributes:
        plan: what may run; None when the query is refused.
        reasons: in the order of the text.
    """

    plan: Plan | None
    reasons: tuple[Reason, ...] = ()


class RefusedError(Exception):
    """A part of the query is refused.

    Args:
        node: the part.
        text: why.
    """

    def __init__(self, node: exp.Expr, text: str) -> None:
        super().__init__(text)
        self.node = node
        self.text = text


class Complaints:
    """Gathers reasons.

    Args:
        sql: the query's text.
    """

    def __init__(self, sql: str) -> None:
        self._lines = [0, *(end.end() for end in LINE_END.finditer(sql))]  # where each begins
        self._found: set[Reason] = set()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, in the order of the text, without duplicates."""
        return tuple(sorted(self._found))

    def at(self, node: exp.Expr, text: str) -> None:
        """Refuse a part of the query."""
        self.from_offset(_start(node), text)

    def from_offset(self, offset: int, text: str) -> None:
        """Refuse what begins at an offset of the text."""
        line = bisect_right(self._lines, offset)
        self.on(line, offset - self._lines[line - 1] + 1, text)

    def on(self, line: int, column: int, text: str) -> None:
        """Refuse a position in the text."""
        self._found.add(Reason(line, column, _one_line(text)))


def _one_line(text: str) -> str:
    """A reason's text, which may quote a name of any length, with anything in it."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    short = _LONG.sub(lambda found: f"{found[0][:57]}...", printable)
    return short if len(short) <= _MOST_LETTERS else f"{short[: _MOST_LETTERS - 3]}..."


def _start(node: exp.Expr) -> int:
    """The offset of a part's first token, or of that of the nearest node around it."""
    around: exp.Expr | None = node
    while around is not None:
        found = [each.meta[BEGAN] for each in around.walk() if BEGAN in each.meta]
        if found:
            return int(min(found))
        around = around.parent
    return 0
