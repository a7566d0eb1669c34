"""What decides whether data may leave is never taken for absent because it may not be looked at.

``Path.exists`` and its like raise for some such errors, and since Python 3.14 for none.
"""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import dropsonde
import dropsonde_puppetserver
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import DropsondeError
from dropsonde.common.files import is_there
from dropsonde.common.state import FORGE
from dropsonde.delivery import consent
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.settings.resolve import resolve
from dropsonde.site.forge import cache
from dropsonde.site.site_id import read_seed, read_shared_seed, site_id
from dropsonde_puppetserver import confd
from tests.support.unprivileged import as_nobody

PACKAGE = Path(dropsonde.__file__).parent
SERVER = Path(dropsonde_puppetserver.__file__).parent
# Not the integration: only root runs it.
DECIDING = [
    *(PACKAGE / "settings").rglob("*.py"),
    *(PACKAGE / "delivery").rglob("*.py"),
    *(PACKAGE / "report").glob("*.py"),
    *(PACKAGE / "cli/probe").glob("*.py"),
    PACKAGE / "site/site_id.py",
    *(file for file in SERVER.rglob("*.py") if "integration" not in file.parts),
]
# It writes an example where its user says.
ELSE = {"dev_command.py"}
SHORT = {"exists", "is_file"}


def _faults(ask: Callable[[Path], object]) -> Callable[[Path], str]:
    """What a reader says of a directory that it may not enter; empty if it takes it for absent."""

    def told(directory: Path) -> str:
        try:
            ask(directory)
        except (DropsondeError, OSError) as error:
            return "" if isinstance(error, FileNotFoundError) else str(error)
        return ""

    return told


def _opt_in(directory: Path) -> None:
    problem = confd.read(directory / "conf.d", {}).opt_in
    if problem.problem:
        raise DropsondeError(problem.why)


def _settings(directory: Path) -> None:
    resolve({}, directory / "telemetry.yaml", required=False)


READERS: dict[str, Callable[[Path], object]] = {
    "settings": _settings,
    "consent": consent.read,
    "opt-in": _opt_in,
    "seed": read_seed,
    "shared seed": lambda directory: read_shared_seed(directory / "shared"),
    "certificate": lambda directory: site_id((directory / "ca.pem",), b"seed"),
    "public modules": lambda directory: cache.read(directory / FORGE, utc_now()),
    "reports": lambda directory: Outbox(directory).entries(Place.OUTBOX),
    "anything": lambda directory: is_there(directory / "anything"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_directory_that_may_not_be_entered_is_a_fault(tmp_path: Path, name: str) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "conf.d").mkdir()
    closed.chmod(0)
    told = as_nobody(tmp_path, lambda: _faults(READERS[name])(closed))
    closed.chmod(0o700)
    assert str(closed) in told or os.strerror(errno.EACCES) in told
    # What is missing is a fault only of a seed that the settings name.
    assert bool(_faults(READERS[name])(closed)) == (name == "shared seed")


@pytest.mark.parametrize("file", DECIDING, ids=lambda file: file.name)
def test_nothing_that_decides_asks_in_short(file: Path) -> None:
    """`is_there` asks the same, and says when it cannot be told."""
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SHORT
        and not node.keywords  # a directory's entry, which is there
    ]
    assert calls == [] or file.name in ELSE
