"""Read the usual report at once: decoded straight into typed rows.

A usual report is compact JSON of the newest version, its columns and fields in the schema's order.
This reader either takes a report, or gives up. Then the others take or refuse it: they find the
same in any report, and need twice the time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import astuple

from dropsonde.collector.intake.form import Compiled
from dropsonde.collector.intake.rows import is_table
from dropsonde.collector.intake.strict_json import FRACTION, decoded, is_compact
from dropsonde.collector.intake.typed_rows import TypedTable, struct
from dropsonde.collector.intake.wire import metric_columns, report_schema
from dropsonde.protocol.report import ANALYTICS, ENVELOPE, SNAPSHOTS

if TYPE_CHECKING:
    from dropsonde.collector.intake.privacy import Privacy
    from dropsonde.schema.model import Column


class Usual(NamedTuple):
    """A usual report.

    Attributes:
        envelope: its fields.
        columns: the values to store, in the schema's order; rows that are all stored are raw JSON.
        dropped: the number of dropped rows by reason.
    """

    envelope: dict[str, Any]
    columns: dict[str, Any]
    dropped: Counter[str]


class UsualReader:
    """Reads usual reports.

    Args:
        columns: the newest version's, the envelope's included.
        privacy: the checks of words.
    """

    def __init__(self, columns: Sequence[Column], privacy: Privacy) -> None:
        self._form = Compiled(report_schema(columns))
        metrics = metric_columns(columns)
        self._tables = {c.name: TypedTable(c, privacy) for c in metrics if is_table(c)}
        types = {c.name: self._tables[c.name].type if is_table(c) else Any for c in metrics}
        snapshots = {name: _snapshot(of) for name, of in types.items()}
        analytics = struct({SNAPSHOTS: struct(snapshots, optional=True)})
        report = struct({**dict.fromkeys(ENVELOPE, str), ANALYTICS: analytics})
        self._names = tuple(types)
        self._decoder = msgspec.json.Decoder(report, float_hook=lambda _: FRACTION)

    def read(self, data: bytes) -> Usual | None:
        """Take a report; None to leave it to the other readers.

        Args:
            data: the body, decompressed.
        """
        report = decoded(data, self._decoder)
        if report is None:
            return None
        *fields, analytics = astuple(report)
        envelope = dict(zip(ENVELOPE, fields, strict=True))
        (snapshots,) = astuple(analytics)
        given = {
            name: snapshot
            for name, snapshot in zip(self._names, astuple(snapshots), strict=True)
            if snapshot is not msgspec.UNSET
        }
        rows = {name: given[name].value for name in given if name in self._tables}
        for name, some in rows.items():  # encoded once, to be compared and to be stored
            given[name].value = msgspec.Raw(msgspec.json.encode(some))
        if not is_compact(data, report):
            return None
        bare = {  # the decoder has checked the form of rows, but for their words
            name: {"value": [] if name in rows else each.value, "timestamp": each.timestamp}
            for name, each in given.items()
        }
        if not self._form.fits({**envelope, ANALYTICS: {SNAPSHOTS: bare}}):
            return None
        dropped = Counter[str]()
        columns = {name: each.value for name, each in given.items() if each.value is not None}
        for name, some in rows.items():
            stored = self._tables[name].stored(some, dropped)
            if stored is None:
                return None
            if stored is not some:
                columns[name] = stored
        return Usual(envelope, columns, dropped)


def _snapshot(of: Any) -> Any:
    """A type of snapshots with a value of this type."""
    fields = [("value", of), ("timestamp", str)]
    return msgspec.defstruct("Snapshot", fields, forbid_unknown_fields=True, gc=False)
