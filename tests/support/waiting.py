"""Wait for another process."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.support.patience import PATIENCE


def wait_for(happened: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.01)
