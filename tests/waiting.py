"""Waiting for what another process does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.program import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable


def wait_for(happened: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)
