"""Take the report of a newer probe: leave out the columns that only its version describes.

A probe is often upgraded before the collector it sends to. Its new columns have no place here, but
all others do. An unknown column is left out whole, unread but for its form, which is that of every
column: a number, or rows of plain values. Its name is not told: it may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.form import Compiled
from dropsonde.collector.intake.wire import any_snapshot
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS, snapshots_of
from dropsonde.schema.model import ENVELOPE

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 50  # unknown columns of a report
_NAME = re.compile("[a-z][a-z0-9_]{0,63}", re.ASCII)
_OURS = frozenset(column.name for column in ENVELOPE)


class Newer:
    """Leaves out unknown columns.

    Args:
        known: the names of the columns that the newest version describes.
    """

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self._form = Compiled(any_snapshot())

    def left_out(self, document: Any) -> tuple[Any, int]:
        """The document without its unknown columns, and the number of their rows.

        Args:
            document: strict JSON of any shape. It is not changed.

        Returns:
            the same object and 0 if there are none, too many, or one that cannot be a column.
        """
        snapshots = snapshots_of(document) or {}
        unknown = {name: value for name, value in snapshots.items() if name not in self._known}
        if not 0 < len(unknown) <= MOST or not all(map(self._is_column, unknown, unknown.values())):
            return document, 0
        kept = {name: value for name, value in snapshots.items() if name in self._known}
        analytics = {**document[ANALYTICS], SNAPSHOTS: kept}
        return {**document, ANALYTICS: analytics}, sum(map(_rows, unknown.values()))

    def _is_column(self, name: str, snapshot: Any) -> bool:
        plausible = _NAME.fullmatch(name) is not None and name not in _OURS
        return plausible and self._form.fits(snapshot)


def _rows(snapshot: Mapping[str, Any]) -> int:
    """The rows of a column; a plain value counts as one."""
    value = snapshot["value"]
    return len(value) if isinstance(value, list) else 1
