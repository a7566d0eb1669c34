"""A row holds what is stored of a report, and has no place for more."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import datetime, timezone

import pytest

from dropsonde.collector.row import Row

ROW = Row("id", bytes(64), "product", "1.0.0", datetime(2026, 1, 1, tzinfo=timezone.utc), {})


def test_there_is_no_place_for_an_address() -> None:
    assert [field.name for field in fields(Row)] == [
        "message_id",
        "site_id",
        "product",
        "version",
        "timestamp",
        "columns",
    ]
    assert not hasattr(ROW, "ip")


def test_a_row_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        ROW.product = "other"  # type: ignore[misc]  # that is the point
