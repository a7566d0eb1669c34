"""No body makes intake work much harder than a report of its size does: counted, not timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from dropsonde.collector.intake import MAX_BYTES, RefusedError
from dropsonde.collector.intake.faults import MAX_FAULTS
from ext.benchmark.collector.costly import KINDS, costly
from tests.unit.collector.intake.reports import INTAKE, MESSAGE_ID, NOW

# Calls of functions, the interpreter's own included. Before values were counted: 4,700,000.
MOST_CALLS = 400_000


def calls(work: Callable[[], object]) -> int:
    """How many functions some work calls."""
    count = 0

    def seen(_: object, event: str, __: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def take(body: bytes) -> None:
    try:
        INTAKE.take(body, NOW, MESSAGE_ID)
    except RefusedError as error:
        assert 0 < len(error.faults) <= MAX_FAULTS + 1  # noqa: PT017 - one of two outcomes


@pytest.mark.parametrize("kind", KINDS)
def test_no_body_costs_more_than_its_share(kind: str) -> None:
    counted = {}
    for what, body in costly([kind]):
        assert len(body) <= MAX_BYTES
        counted[what] = calls(lambda body=body: take(body))  # type: ignore[misc]  # bound now
    assert {what: count for what, count in counted.items() if count > MOST_CALLS} == {}
