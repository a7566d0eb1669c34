"""A row of the private dataset: all that is stored of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SITE_BYTES = 64  # of a site's id


@dataclass(frozen=True)
class Row:
    """One report as it is stored.

    A row has no field for an address: the column ``ip`` stays null.

    Attributes:
        message_id: a random UUID (version 4), given by the receiver.
        site_id: SHA-512, 64 bytes.
        product: the program that reports.
        version: of the report's format.
        timestamp: when the report was received (aware, UTC).
        columns: column name to its value, in the newest schema's order: plain JSON, or structs or
            raw JSON of msgspec that are written as the same. The rows of a table are sorted and
            unique, and have every field, null if it has no value. A column that was not reported is
            absent, also if the schema calls it REQUIRED: a site may disable any metric.
    """

    message_id: str
    site_id: bytes
    product: str
    version: str
    timestamp: datetime
    columns: Mapping[str, Any]
