"""The envelope of a report: its only writer and its only reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dropsonde.common.clock import iso
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT

ANALYTICS = "self-service-analytics"
SNAPSHOTS = "snapshots"
# The fields of a report besides its columns.
ENVELOPE = ("product", "version", "site_id")
SHOWN_DIGITS = 12  # of a site id
DEEPEST = 16  # levels: columns, rows, fields, and what third-party metrics nest in them


@dataclass(frozen=True)
class Snapshot:
    """One column's value and when it was gathered (UTC)."""

    value: Any
    timestamp: datetime


@dataclass(frozen=True)
class Content:
    """A report's site and column names.

    Attributes:
        site_id: of the site that made it; empty when it cannot be read.
        columns: the names of its columns.
    """

    site_id: str
    columns: frozenset[str]


def to_bytes(site_id: str, snapshots: Mapping[str, Snapshot]) -> bytes:
    """Write a report: compact JSON and a newline, exactly the bytes that are sent.

    Args:
        site_id: 128 hexadecimal digits.
        snapshots: column name to value.
    """
    document = {
        "product": PRODUCT,
        "version": FORMAT_VERSION,
        "site_id": site_id,
        ANALYTICS: {
            SNAPSHOTS: {
                name: {"value": snapshot.value, "timestamp": iso(snapshot.timestamp)}
                for name, snapshot in snapshots.items()
            }
        },
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def content(data: bytes) -> Content | None:
    """Read a report's site id and column names; None if it is not a report."""
    try:
        document = json.loads(data)
        return Content(str(document["site_id"]), frozenset(document[ANALYTICS][SNAPSHOTS]))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def flat(data: bytes) -> dict[str, Any]:
    """Read a report as one flat row: the columns' values, then the envelope's.

    Raises:
        ValueError: these are not the bytes of a report.
    """
    try:
        document = json.loads(data)
        snapshots = document[ANALYTICS][SNAPSHOTS]
        columns = {name: snapshot["value"] for name, snapshot in snapshots.items()}
        row = columns | {name: document[name] for name in ENVELOPE}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a report") from error
    if not _is_shallow(row):
        raise ValueError("not a report")
    return row


def snapshots_of(document: Any) -> dict[str, Any] | None:
    """The snapshots of a document of any form; None if it has none."""
    for key in (ANALYTICS, SNAPSHOTS):
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else None


def _is_shallow(row: Any) -> bool:
    """Whether a row is nested at most DEEPEST levels; a deeper row could not be compared."""
    layer = [row]
    for _ in range(DEEPEST):
        layer = [inner for value in layer for inner in _inner(value)]
    return not layer


def _inner(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def short(site_id: str) -> str:
    """Shorten a site id for display: the whole id lets its holder send reports as the site."""
    return f"{site_id[:SHOWN_DIGITS]}..."
