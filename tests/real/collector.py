"""A collector as installed: the built wheel, its own environment, its own user."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.built import collector_environment
from tests.real.packaged_site import list_public
from tests.real.processes import run, running

USER = "daemon"  # any that is not root
_READY = "dropsonde-collector: ready on "


@dataclass(frozen=True)
class RealCollector:
    """A running collector.

    Attributes:
        url: its URL.
        data: its data directory.
        log: its output.
    """

    url: str
    data: Path
    log: Path

    def rows(self, select: str = "*", data: Path | None = None) -> list[dict[str, Any]]:
        """Run the command `query` for some columns; return its rows."""
        sql = f"SELECT {select} FROM community_metrics"  # noqa: S608 - the tests' own
        printed = command("query", "--data", data or self.data, "--format", "json", sql)
        return [json.loads(line) for line in printed.splitlines()]


def program() -> Path:
    """The path of the program in its environment."""
    return collector_environment() / "bin/dropsonde-collector"


def command(*arguments: str | Path) -> str:
    """Run one command as the collector's user; return its output."""
    return run([program(), *arguments], user=USER)


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Make a directory that the collector's user may write: only root can write pytest's."""
    with tempfile.TemporaryDirectory(prefix="dropsonde-collector-") as name:
        shutil.chown(name, USER, USER)
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.contextmanager
def collecting(home: Path, slugs: Sequence[str], *options: str | Path) -> Iterator[RealCollector]:
    """Run a collector below a directory made by :func:`place`.

    Args:
        home: contains its data, its list and its log.
        slugs: the public modules of its list.
        options: further options of `serve`.
    """
    list_public(home / "forge.json", *slugs)
    with serving(home, "--forge-list", home / "forge.json", *options) as collector:
        yield collector


@contextlib.contextmanager
def serving(home: Path, *options: str | Path) -> Iterator[RealCollector]:
    """The same with the data directory's own list."""
    data, log = home / "data", home / "collector.log"
    log.write_text("")
    serve = [program(), "serve", "--data", data, "--port", "0", *options]
    with running(serve, user=USER, log=log, ready=lambda: _READY in log.read_text()) as process:
        url = log.read_text().split(_READY)[1].split()[0]
        yield RealCollector(url, data, log)
    if process.returncode != 0:
        raise AssertionError(f"the collector ended with {process.returncode}: {log.read_text()}")
