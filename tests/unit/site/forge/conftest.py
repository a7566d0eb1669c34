"""A Forge on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.doubles.forge import LoopbackForge, names


@pytest.fixture
def server() -> Iterator[LoopbackForge]:
    with LoopbackForge(names(250)) as forge:
        yield forge
