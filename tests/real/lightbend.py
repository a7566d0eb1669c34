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

# Its manifest names all the jars that it needs, Debian's own of Trapperkeeper among them.
PUPPETSERVER = Path("/usr/share/puppetserver/puppetserver.jar")
_PROGRAM = Path(__file__).with_suffix(".clj")


class Loaded(NamedTuple):
    """What Puppet Server reads in a directory.

    Attributes:
        tree: all that is set there; None when it does not start with that.
        error: the class of the exception with which it does not start.
    """

    tree: dict[str, Any] | None
    error: str = ""

    @property
    def enabled(self) -> Any:
        """What stands at ``dropsonde.enabled``; None for nothing, or null."""
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
    """One that reads what all tests ask for: it takes seconds to start."""
    process = subprocess.Popen(
        ["java", *QUICK_START, "-cp", PUPPETSERVER, "clojure.main", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(environ),
        text=True,
    )
    atexit.register(process.communicate)  # which ends it
    return process
