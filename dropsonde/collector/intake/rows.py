"""A column's value as it is stored: only public and complete rows, unique and sorted.

A range of versions is stored in its plainest form, by major versions alone: an unusual one would
tell a private module, and so a site, from all others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import compress, islice
from operator import itemgetter, lt
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.privacy import INCOMPLETE
from dropsonde.schema.model import Domain, Mode, Type
from dropsonde.schema.vocabulary.version_ranges import plain, usual

if TYPE_CHECKING:
    from dropsonde.collector.intake.privacy import Privacy
    from dropsonde.schema.model import Column

    Row = dict[str, Any]


MOST_ODD = (
    100  # ranges of other than the usual form that are read in a report, as reading takes long
)


class Table:
    """One column of rows.

    Most reports come from a probe that sends only public rows, in the stored order. Those are only
    checked, in C loops of the interpreter; new rows are built only for other reports.

    Args:
        column: as the newest version describes it: rows of plain values.
        privacy: the checks of its fields.
    """

    def __init__(self, column: Column, privacy: Privacy) -> None:
        self._names = tuple(field.name for field in column.fields)
        self._required = [f.name for f in column.fields if f.mode is Mode.REQUIRED]
        self._ranges = [f.name for f in column.fields if f.domain is Domain.VERSION_REQUIREMENT]
        self._checks = privacy.checks(column.fields)

    def stored(self, rows: list[Row], dropped: Counter[str], *, newest: bool) -> Sequence[Any]:
        """The rows as they are stored.

        Args:
            rows: of the form that a known version describes. They are not changed.
            dropped: counts the dropped rows by reason; it is updated.
            newest: whether that is the newest version.
        """
        if not newest:
            whole = [row for row in rows if all(row.get(n) is not None for n in self._required)]
            dropped[INCOMPLETE] += len(rows) - len(whole)
            rows = whole
        for name in self._ranges:
            rows = _with_plain(rows, name)
        try:
            values = self._values(rows)
        except KeyError:  # a field that may be null may also be missing
            rows = [{name: row.get(name) for name in self._names} for row in rows]
            values = self._values(rows)
        return self.kept(rows, values, dropped)

    def kept(
        self, rows: Sequence[Any], values: list[tuple[Any, ...]], dropped: Counter[str]
    ) -> Sequence[Any]:
        """The public rows, each once, in order.

        Args:
            rows: complete, with plain ranges.
            values: of each row, in the order of the declared fields.
            dropped: as above.
        """
        kept = values
        if not self._all_public(values):
            for check in self._checks:
                public = map(check.public.__contains__, check.parts(kept))
                before, kept = len(kept), list(compress(kept, public))
                dropped[check.reason] += before - len(kept)
        if not ascending(kept):
            kept = _ordered(dict.fromkeys(kept))
        if kept is values:
            return rows
        row_of = dict(zip(values, rows, strict=True))
        return [row_of[value] for value in kept]

    def _all_public(self, values: Sequence[tuple[Any, ...]]) -> bool:
        return all(
            check.implied or check.public.issuperset(check.parts(values)) for check in self._checks
        )

    def _values(self, rows: list[Row]) -> list[tuple[Any, ...]]:
        """The values of each row, in the order of the declared fields."""
        fields = (map(itemgetter(name), rows) for name in self._names)
        return list(zip(*fields, strict=True))


def _with_plain(rows: list[Row], name: str) -> list[Row]:
    """The rows with plain ranges in a field that may be missing; the same ones if all were."""
    found = {range_ for row in rows if (range_ := row.get(name)) is not None}
    told = {range_: usual(range_) for range_ in found}
    odd = [range_ for range_, form in told.items() if form is None]
    if len(odd) <= MOST_ODD:
        told |= {range_: plain(range_) for range_ in odd}
    if all(range_ == form for range_, form in told.items()):
        return rows
    return [{**row, name: told.get(row.get(name))} for row in rows]


def ascending(values: Sequence[Any]) -> bool:
    """Whether the values of rows are sorted and unique; False if a null has to be compared."""
    try:
        return all(map(lt, values, islice(values, 1, None)))
    except TypeError:
        return False


def _ordered(values: Collection[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Sort the values, null before any other value."""
    try:
        return sorted(values)  # in a C loop of the interpreter
    except TypeError:  # null does not compare
        return sorted(values, key=_null_first)


def _null_first(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """A flat sort key that puts null first; nested tuples would take twice as long."""
    return tuple(part for item in value for part in (item is not None, item))


def is_table(column: Column) -> bool:
    """Whether a column holds rows of plain values, rather than one number.

    Raises:
        NotImplementedError: it is neither. No code here would check its words, so intake has to be
            extended before it can take such a column.
    """
    plain = column.domain is None and column.type is not Type.RECORD
    if column.mode is not Mode.REPEATED and plain:
        return False
    nested = any(f.type is Type.RECORD or f.mode is Mode.REPEATED for f in column.fields)
    if column.mode is Mode.REPEATED and column.fields and not nested:
        return True
    raise NotImplementedError(f"{column.name}: intake knows no columns of this shape")
