"""Tests marked `real` need programs from Debian's packages: without them they are skipped by name.

Under CI nothing is skipped: there they fail, and say what is missing.
"""

from __future__ import annotations

import os
import signal

import pytest

from tests.real.packages import missing

LONGEST_ID = 16

# Whoever starts the tests in the background ignores these, and every program under test would, too.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Test ids without long bytes: what is packed differs a second later and on another zlib."""
    return argname if isinstance(val, bytes) and len(val) > LONGEST_ID else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    real = [item for item in items if item.get_closest_marker("real")]
    lacking = missing() if real and not os.environ.get("CI") else ()
    if os.geteuid() != 0 and real and not os.environ.get("CI"):
        lacking = (*lacking, "root")
    for item in real if lacking else ():
        item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(lacking)}"))
