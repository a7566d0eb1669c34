"""Intake: turns the bytes of a report into a row of the dataset, or lists its faults.

It parses strict JSON, leaves out columns that only a newer version describes, checks the form that
a known version describes, then drops private rows. It uses no file and no network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.faults import RefusedError
from dropsonde.collector.intake.form import Form
from dropsonde.collector.intake.newer import Newer
from dropsonde.collector.intake.privacy import UNKNOWN_COLUMN, Privacy
from dropsonde.collector.intake.rows import Table, is_table
from dropsonde.collector.intake.ruby_probe import put_right
from dropsonde.collector.intake.strict_json import MAX_BYTES, check_depth, quick, strict
from dropsonde.collector.intake.typed import UsualReader
from dropsonde.collector.intake.wire import metric_columns, table_columns
from dropsonde.collector.row import Row
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS

if TYPE_CHECKING:
    from dropsonde.collector.vocabulary_file import Published
    from dropsonde.schema.model import Column, Domain

__all__ = ["MAX_BYTES", "Intake", "RefusedError", "Taken"]


@dataclass(frozen=True)
class Taken:
    """A report that was taken.

    Attributes:
        row: the row to store.
        dropped: the number of dropped rows by reason; see ``intake.privacy``.
    """

    row: Row
    dropped: Mapping[str, int]


class Intake:
    """Takes reports; rebuilt when a vocabulary changes (some milliseconds).

    Args:
        versions: the columns of each known version, the newest first; they include the envelope's.
        vocabulary: the public words of FORGE_SLUG, RUBY_METHOD, OS_FAMILY and OS_NAME. The names of
            modules are derived from the slugs. If one is missing, none of its words is stored.
        published: versions and classes of the modules by slug; None if the list alone decides.
    """

    def __init__(
        self,
        versions: Sequence[Sequence[Column]],
        vocabulary: Mapping[Domain, Collection[str]],
        published: Mapping[str, Published] | None = None,
    ) -> None:
        newest = metric_columns(versions[0])
        privacy = Privacy(vocabulary, published)
        self._usual = UsualReader(versions[0], privacy)
        self._newer = Newer({column.name for column in newest})
        self._forms = [Form(columns) for columns in versions]
        self._tables = table_columns(versions[0])
        self._stored = {
            column.name: Table(column, privacy) if is_table(column) else None for column in newest
        }
        self._known = {
            *("product", "version", "site_id", ANALYTICS, SNAPSHOTS, "value", "timestamp"),
            *(item.name for column in newest for item in (column, *column.fields)),
        }

    def take(self, data: bytes, now: datetime, message_id: str) -> Taken:
        """Make a row of a report.

        Args:
            data: the body, decompressed; at most :data:`MAX_BYTES`.
            now: when it was received (aware).
            message_id: a random UUID.

        Raises:
            RefusedError: no known version describes it; lists its faults.
        """
        usual = self._usual.read(data)
        if usual is not None:
            document, columns, dropped = usual
        else:
            document, newest, unknown = self._read(data)
            dropped = Counter({UNKNOWN_COLUMN: unknown})
            columns = self._columns(document[ANALYTICS][SNAPSHOTS], dropped, newest=newest)
        row = Row(
            message_id=message_id,
            site_id=bytes.fromhex(document["site_id"]),
            product=document["product"],
            version=document["version"],
            timestamp=now.astimezone(timezone.utc),
            columns=columns,
        )
        return Taken(row, dict(+dropped))

    def _read(self, data: bytes) -> tuple[Any, bool, int]:
        """The document, whether it has the newest version's form, and the rows it lost."""
        document = quick(data)
        compact = document is not None
        if not compact:
            document = strict(data, self._known)
        newest, *older = self._forms
        if newest.fits(document):  # nearly all
            return document, True, 0
        whole, (document, unknown) = document, self._newer.left_out(document)
        if document is not whole and newest.fits(document):
            return document, True, unknown
        before, document = document, put_right(document, self._tables)
        for form in older if document is before else self._forms:
            if form.fits(document):
                return document, form is newest, unknown
        if compact:
            check_depth(data)
        raise RefusedError(min((form.faults(document) for form in self._forms), key=len))

    def _columns(
        self, snapshots: Mapping[str, Any], dropped: Counter[str], *, newest: bool
    ) -> dict[str, Any]:
        """The values to store, in the newest version's order."""
        found: dict[str, Any] = {}
        for name, table in self._stored.items():
            value = snapshots[name]["value"] if name in snapshots else None
            if value is not None:
                found[name] = (
                    value if table is None else table.stored(value, dropped, newest=newest)
                )
        return found
