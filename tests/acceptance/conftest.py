"""Real servers for the acceptance tests, started once, when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.real.browser import Browser, browser
from tests.real.fill import Expectation, fill, packaged_classes
from tests.real.public_pages import publish_all, served
from tests.real.puppetdb import QUICK_START, RealPuppetDB, real_puppetdb


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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser. It ends with its module: as long as it runs, `asyncio.run` does not."""
    with browser() as found:
        yield found


@pytest.fixture(scope="session")
def public_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Public pages of made-up releases; nobody may change them."""
    directory = tmp_path_factory.mktemp("public")
    publish_all(directory)
    return directory


@pytest.fixture(scope="session")
def public(public_root: Path) -> Iterator[str]:
    """The address of the web server that serves them."""
    with served(public_root) as address:
        yield address
