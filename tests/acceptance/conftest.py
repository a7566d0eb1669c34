"""Real servers for the acceptance tests, started once, when the first test asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it brings no types

from tests.real.browser import Browser, browser
from tests.real.fill import Expectation, fill, packaged_classes
from tests.real.java import QUICK_START
from tests.real.public_pages import publish_all, served
from tests.real.puppetdb import RealPuppetDB, real_puppetdb

# Modules of one group run in one process, so that what they share is made once.
GROUPS = {
    "test_collector_real.py": "puppetdb",
    "test_preview_real.py": "puppetdb",
    "test_puppetdb_real.py": "puppetdb",
    "test_puppetserver_real.py": "puppetdb",
    "test_public_pages_charts_real.py": "public",
    "test_public_pages_find_real.py": "public",
    "test_public_pages_real.py": "public",
    "test_public_pages_use_real.py": "public",
}
# What takes longest must not begin last, when all others have ended.
LONGEST = (
    "test_standalone_real.py",
    "puppetdb",
    "test_puppet_module_real.py",
    "test_release_real.py",
    "test_spark_program_real.py",
    "test_spark_cluster_real.py",
    "test_puppet_module_confd_real.py",
    "test_containers_real.py",
    "test_vocabulary_real.py",
    "test_hocon_real.py",
    "test_zipapp_real.py",
    "test_engines_real.py",
    "test_compiler_real.py",
    "public",
)


def group_of(file: str) -> str:
    name = file.rpartition("/")[2]
    return GROUPS.get(name, name)


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # as above
    """Each module, or group of them, in one of several processes: ``-n 3 --dist loadfile``."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first; within a group the order in which tests were shuffled stays."""

    def place(item: pytest.Item) -> int:
        group = group_of(item.path.name)
        return LONGEST.index(group) if group in LONGEST else len(LONGEST)

    items.sort(key=place)


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
