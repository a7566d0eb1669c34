"""Puppet Server's own reader of bootstrap files: Trapperkeeper, with the server's services."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.real.java import QUICK_START
from tests.real.lightbend import PUPPETSERVER

_PROGRAM = Path(__file__).with_suffix(".clj")


def started_services(paths: Sequence[str]) -> list[list[str] | None]:
    """The services that Puppet Server would start, for each ``--bootstrap-config``.

    Returns:
        the services' names; None where the server does not start.
    """
    done = subprocess.run(
        ["java", *QUICK_START, "-cp", PUPPETSERVER, "clojure.main", _PROGRAM],
        input="".join(f"{each}\n" for each in paths),
        capture_output=True,
        text=True,
        check=True,
    )
    # It also logs there: services that it does not find.
    lines = [line for line in done.stdout.splitlines() if line.startswith(("[", "null"))]
    return [json.loads(line) for line in lines]
