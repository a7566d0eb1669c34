"""Puppet Server's own reader of conf.d: Trapperkeeper with Lightbend's parser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

# Its manifest names all the jars that it needs, Debian's own of Trapperkeeper among them.
PUPPETSERVER = Path("/usr/share/puppetserver/puppetserver.jar")
_PROGRAM = Path(__file__).with_suffix(".clj")
_SECONDS = 300


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
    """Let Puppet Server's loader read each directory, all in one process with this environment."""
    done = subprocess.run(
        ["java", "-cp", PUPPETSERVER, "clojure.main", _PROGRAM],
        input="".join(f"{directory}\n" for directory in directories),
        env=dict(environ),
        capture_output=True,
        text=True,
        check=True,
        timeout=_SECONDS,
    )
    answers = [Loaded(*json.loads(line)) for line in done.stdout.splitlines()]
    if len(answers) != len(directories):
        raise AssertionError(done.stderr)
    return answers
