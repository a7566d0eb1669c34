"""Columns: what a report may hold, and nothing else.

Names, types and modes are BigQuery's. The *domain* is an addition: every string column names the
published vocabulary that its values come from. A column of free text cannot be declared, so no
column of a report can hold a private name unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, NamedTuple

PRODUCT = "popularity-module"
FORMAT_VERSION = "1.0.0"

_CLASS_SEGMENT = "[a-z][a-z0-9_]*"
_NUMBER = "[0-9]{1,8}"  # not \d, which matches the digits of every script
_PRERELEASE = r"(?:-(?:alpha|beta|rc)\.?[0-9]{0,4})?"
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_PRERELEASE}"
_PART = rf"(?:{_NUMBER}|[xX*])"
_COMPARATOR = rf"(?:[<>]=?|=|~>?|\^)? ?v?{_PART}(?:\.{_PART}){{0,2}}{_PRERELEASE}"


class Type(str, Enum):
    """The BigQuery types that reports need."""

    STRING = "STRING"
    INTEGER = "INTEGER"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    TIMESTAMP = "TIMESTAMP"
    BYTES = "BYTES"
    RECORD = "RECORD"


class Mode(str, Enum):
    """BigQuery's modes."""

    NULLABLE = "NULLABLE"
    REQUIRED = "REQUIRED"
    REPEATED = "REPEATED"


class Domain(Enum):
    """A published vocabulary: the form of its words and, at run time, the words themselves.

    Each value is the name of a JSON Schema format and the regular expression of a whole word.
    """

    FORGE_SLUG = ("forge-slug", r"[a-zA-Z0-9]+-[a-z][a-z0-9_]*")
    MODULE_NAME = ("puppet-module", _CLASS_SEGMENT)
    CLASS_NAME = ("puppet-class", f"{_CLASS_SEGMENT}(?:::{_CLASS_SEGMENT})*")
    VERSION = ("release-version", _VERSION)
    VERSION_REQUIREMENT = (
        "version-requirement",
        rf"{_COMPARATOR}(?:(?: \|\| | - |,? ){_COMPARATOR}){{0,7}}",
    )
    OS_FAMILY = ("os-family", r"[A-Za-z][A-Za-z0-9_/-]{0,31}(?: [a-z0-9]{1,31})?")
    OS_NAME = ("os-name", r"[A-Za-z][A-Za-z_-]{1,23}")
    # Numbers of real releases alone: 9, 2019, 2012 R2, 22.04, 7300, 8.1.
    OS_RELEASE = (
        "os-release",
        r"[1-9][0-9]?|20[0-9]{2}(?: R2)?|[1-9][0-9]?\.(?:04|06|10)|[5-7][1-3]00|8\.1",
    )
    IMPLEMENTATION = ("puppet-implementation", "puppet|openvox|pe")
    MINOR_VERSION = ("minor-version", r"(?:[1-9][0-9]?|20[0-9]{2})\.(?:0|[1-9][0-9]?)")
    RUBY_METHOD = ("ruby-method", r"[A-Za-z_][A-Za-z0-9_]{0,63}[?!=]?")
    PRODUCT = ("product", PRODUCT)
    UUID = ("uuid", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    IP_ADDRESS = ("ip-address", r"[0-9a-f.:]{2,45}")

    @property
    def format(self) -> str:
        """The name of the JSON Schema format."""
        return self.value[0]

    @property
    def pattern(self) -> str:
        """The regular expression of a whole word, without anchors."""
        return self.value[1]

    def admits(self, text: str) -> bool:
        """Whether a text has the form of this vocabulary's words."""
        return re.fullmatch(self.pattern, text, re.ASCII) is not None


class Column(NamedTuple):
    """One column of the dataset.

    Args:
        name: as in BigQuery: letters, digits and underscores.
        type: a :class:`Type`.
        description: what the values are, in a sentence; it is shown to the administrator.
        mode: a :class:`Mode`.
        domain: the vocabulary of a STRING.
        fields: the columns of a RECORD.
    """

    name: str
    type: Type
    description: str
    mode: Mode = Mode.NULLABLE
    domain: Domain | None = None
    fields: tuple[Column, ...] = ()


def records(name: str, description: str, *fields: Column) -> Column:
    """A table within the report: a repeated RECORD."""
    return Column(name, Type.RECORD, description, Mode.REPEATED, fields=fields)


def text(name: str, domain: Domain, description: str, mode: Mode = Mode.REQUIRED) -> Column:
    """A STRING column whose values come from a vocabulary."""
    return Column(name, Type.STRING, description, mode, domain)


def integer(name: str, description: str, mode: Mode = Mode.REQUIRED) -> Column:
    """An INTEGER column."""
    return Column(name, Type.INTEGER, description, mode)


# The columns that no metric fills. The receiver fills message_id, timestamp and ip.
ENVELOPE = (
    text("message_id", Domain.UUID, "An id that the receiver gives to each report.", Mode.NULLABLE),
    Column("site_id", Type.BYTES, "The site's id: SHA-512, 64 bytes; it names nobody."),
    text("product", Domain.PRODUCT, "Which program reports.", Mode.NULLABLE),
    text("version", Domain.VERSION, "The version of the report's format.", Mode.NULLABLE),
    Column("timestamp", Type.TIMESTAMP, "When the report was received (UTC)."),
    text("ip", Domain.IP_ADDRESS, "The address that the report came from.", Mode.NULLABLE),
)


def to_bigquery(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """The columns as a BigQuery schema file: name, type, mode, description, fields."""
    return [
        {
            "name": column.name,
            "type": column.type.value,
            "mode": column.mode.value,
            "description": column.description,
            **({"fields": to_bigquery(column.fields)} if column.fields else {}),
        }
        for column in columns
    ]


def declaration_faults(column: Column, path: str = "") -> Iterator[str]:
    """Every fault of a column's declaration, with its path."""
    here = f"{path}{column.name}"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", column.name):
        yield f"{here}: a name is letters, digits and underscores"
    if not column.description.strip():
        yield f"{here}: the description is missing"
    if (column.type is Type.RECORD) != bool(column.fields):
        yield f"{here}: a RECORD has fields, and nothing else has"
    if (column.type is Type.STRING) != (column.domain is not None):
        yield f"{here}: a STRING names its domain, and nothing else does"
    names = [field.name for field in column.fields]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{here}.{name}: declared twice"
    for field in column.fields:
        yield from declaration_faults(field, f"{here}.")
