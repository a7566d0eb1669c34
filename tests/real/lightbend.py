"""Puppet Server's own reader of conf.d: Trapperkeeper with Lightbend's parser."""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.real.java import QUICK_START

# Its manifest names all jars that it needs, including Debian's own of Trapperkeeper.
PUPPETSERVER = Path("/usr/share/puppetserver/puppetserver.jar")
_PROGRAM = Path(__file__).with_suffix(".clj")


class Loaded(NamedTuple):
    """What Puppet Server reads in a directory.

    Attributes:
        tree: all settings there; None if Puppet Server does not start with them.
        error: the class of the exception that stops it.
    """

    tree: dict[str, Any] | None
    error: str = ""

    @property
    def enabled(self) -> Any:
        """The value of ``dropsonde.enabled``; None if it is missing or null."""
        stanza = (self.tree or {}).get("dropsonde")
        return stanza.get("enabled") if isinstance(stanza, dict) else None


def load(directories: Sequence[Path], environ: Mapping[str, str]) -> list[Loaded]:
    """Let Puppet Server's loader read each directory, in a process with this environment."""
    process = _process(tuple(environ.items()))
    if process.stdin is None or process.stdout is None:
        raise AssertionError(process.args)
    found = []
    for directory in directories:
        process.stdin.write(f"{directory}\n")
        process.stdin.flush()
        found.append(Loaded(*json.loads(process.stdout.readline())))
    return found


@functools.cache
def _process(environ: tuple[tuple[str, str], ...]) -> subprocess.Popen[str]:
    """Start one process for all tests: the start takes seconds."""
    process = subprocess.Popen(
        ["java", *QUICK_START, "-cp", PUPPETSERVER, "clojure.main", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(environ),
        text=True,
    )
    atexit.register(process.communicate)  # closes its input, which ends it
    return process
