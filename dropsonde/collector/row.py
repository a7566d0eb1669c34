"""A row of the private dataset: all that is kept of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Row:
    """One report as it is stored.

    There is no place for an address: the column ``ip`` stays null, whatever a server knows.

    Attributes:
        message_id: a random UUID (version 4), given by the receiver.
        site_id: SHA-512, 64 bytes.
        product: which program reports.
        version: of the report's format.
        timestamp: when the report was received (aware, UTC).
        columns: column name to its value, plain JSON, in the newest schema's order. Rows of a table
            are sorted, none stands twice, and each has every field, null where it has no value. A
            column that was not reported is absent, also one that the schema calls REQUIRED: a site
            may disable any metric.
    """

    message_id: str
    site_id: bytes
    product: str
    version: str
    timestamp: datetime
    columns: Mapping[str, Any]
