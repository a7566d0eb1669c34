"""Real servers for the acceptance tests, started once, when the first test asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.real.fill import Expectation, fill, packaged_classes
from tests.real.puppetdb import QUICK_START, RealPuppetDB, real_puppetdb

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class FilledPuppetDB:
    """A real PuppetDB and what it must answer."""

    server: RealPuppetDB
    expected: Expectation


@pytest.fixture(scope="session")
def filled_puppetdb() -> Iterator[FilledPuppetDB]:
    """A real PuppetDB with 300 nodes of 100 classes; nobody may change what is in it."""
    with real_puppetdb(java=QUICK_START) as server:
        yield FilledPuppetDB(server, fill(server, public=packaged_classes()))
