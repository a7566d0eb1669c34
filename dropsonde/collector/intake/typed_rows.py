"""The rows of usual reports, as typed structs.

Most are stored as they came. A word that passed its checks is known from then on, and not checked
again: reports have the same words in most rows, and in each week. Only words that are stored become
known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any, Optional

import msgspec
from msgspec.structs import astuple

from dropsonde.collector.intake.form import Compiled
from dropsonde.collector.intake.rows import Table, ascending
from dropsonde.collector.intake.wire import MAX_COUNT, MAX_ROWS, value_schema
from dropsonde.schema.model import Domain, Mode, Type
from dropsonde.schema.vocabulary.version_ranges import usual

if TYPE_CHECKING:
    from dropsonde.collector.intake.privacy import Check, Privacy
    from dropsonde.schema.model import Column

MOST_WORDS = 20_000  # of a field that are known: some megabytes
# Of a row's values. A report with a value of another type is not usual.
_TYPES: dict[Type, Any] = {
    Type.STRING: str,
    Type.INTEGER: Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)],
}


class TypedTable:
    """One column of rows.

    Args:
        column: as the newest version describes it.
        privacy: the checks of its fields.

    Attributes:
        type: of its value.
    """

    def __init__(self, column: Column, privacy: Privacy) -> None:
        checks = privacy.checks(column.fields)
        schemas = value_schema(column)["items"]["properties"]
        self._table = Table(column, privacy)
        self._ranges = any(f.domain is Domain.VERSION_REQUIREMENT for f in column.fields)
        self._words = [
            _Words(at, field, schemas[field.name], [c for c in checks if c.places == (at,)])
            for at, field in enumerate(column.fields)
            if field.type is not Type.INTEGER
        ]
        self._pairs = [
            (check.public, attrgetter(*map(_name, check.places)))
            for check in checks
            if len(check.places) > 1
        ]
        row = struct({field.name: _type(field) for field in column.fields})
        self.type = Annotated[list[row], msgspec.Meta(max_length=MAX_ROWS)]  # type: ignore[valid-type]

    def stored(self, rows: list[Any], dropped: Counter[str]) -> Sequence[Any] | None:
        """The rows as they are stored; None if a word does not have its form.

        Args:
            rows: of this type. They are not changed.
            dropped: counts the dropped rows by reason; it is updated.
        """
        new = [words.new(rows) for words in self._words]
        if not all(words.fit(some) for words, some in zip(self._words, new, strict=True)):
            return None
        same = [words.stay(some) for words, some in zip(self._words, new, strict=True)]
        public = all(known.issuperset(map(pair, rows)) for known, pair in self._pairs)
        if all(same) and public and ascending(rows):
            return rows
        if self._ranges:
            return self._table.stored(msgspec.to_builtins(rows), dropped, newest=True)
        return self._table.kept(rows, list(map(astuple, rows)), dropped)


class _Words:
    """The words of one field.

    Args:
        at: the field's place.
        field: it holds no numbers.
        schema: of a word.
        checks: of it alone.
    """

    def __init__(
        self, at: int, field: Column, schema: Mapping[str, Any], checks: Iterable[Check]
    ) -> None:
        self._of = attrgetter(_name(at))
        self._form = Compiled({"type": "array", "items": schema})
        self._checks = list(checks)
        self._ranges = field.domain is Domain.VERSION_REQUIREMENT
        self._known: set[str | None] = set()

    def new(self, rows: Iterable[Any]) -> set[str | None]:
        """The words of some rows that are not known."""
        return set(map(self._of, rows)) - self._known

    def fit(self, new: set[str | None]) -> bool:
        """Whether words have their form."""
        return not new or self._form.fits(list(new))

    def stay(self, new: set[str | None]) -> bool:
        """Whether words that have their form are stored as they are; they are known if so."""
        for check in self._checks:
            if not check.public.issuperset(map(check.part, new) if check.part else new):
                return False
        if self._ranges and any(word is not None and usual(word) != word for word in new):
            return False
        if len(self._known) + len(new) > MOST_WORDS:
            self._known.clear()
        if len(new) <= MOST_WORDS:
            self._known |= new
        return True


def _name(at: int) -> str:
    """The name of a struct's field; the one in JSON need not be a name in Python."""
    return f"field{at}"


def _type(field: Column) -> Any:
    of = _TYPES.get(field.type, type(None))
    return Optional[of] if field.mode is Mode.NULLABLE else of  # noqa: UP045 - made when it runs


def struct(fields: Mapping[str, Any], *, optional: bool = False) -> Any:
    """A type of objects with exactly these fields, in this order.

    Args:
        fields: name in JSON to type.
        optional: whether each may be missing.
    """
    made = [
        (_name(at), of | msgspec.UnsetType, msgspec.UNSET) if optional else (_name(at), of)
        for at, of in enumerate(fields.values())
    ]
    names = {_name(at): name for at, name in enumerate(fields)}
    return msgspec.defstruct(
        "Struct", made, rename=names, forbid_unknown_fields=True, order=True, gc=False
    )
