"""An outbox, and what breaks its steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.delivery.outbox import Outbox
from tests.doubles.breaking import Breaking


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path)


@pytest.fixture(scope="module")
def breaking() -> Iterator[Breaking]:
    with contextlib.closing(Breaking()) as made:
        yield made
