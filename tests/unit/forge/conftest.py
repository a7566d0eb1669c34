"""A Forge on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.doubles.forge import LoopbackForge, names

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[LoopbackForge]:
    with LoopbackForge(names(250)) as forge:
        yield forge
