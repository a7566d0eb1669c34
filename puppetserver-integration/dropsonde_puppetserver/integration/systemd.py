"""Notify a running systemd of changed units."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dropsonde_puppetserver.integration.places import SERVICE, TIMER

if TYPE_CHECKING:
    from dropsonde_puppetserver.integration.decide import Step
    from dropsonde_puppetserver.integration.part import Part

log = logging.getLogger(__name__)

SECONDS = 90  # systemd's own timeout to stop a service


def before(steps: Iterable[Step]) -> list[list[str]]:
    """The commands before the steps: stop a timer that is removed."""
    goes = any(path.name == TIMER for step in steps for path in step.gone)
    return [["stop", TIMER, SERVICE]] if goes else []


def after(steps: Iterable[Step], parts: Iterable[Part]) -> list[list[str]]:
    """The commands after the steps.

    Args:
        steps: the steps that were done.
        parts: the wanted parts.
    """
    changed = any(step.act and step.path.name in {TIMER, SERVICE} for step in steps)
    wanted = any(part.path.name == TIMER and part.want is not None for part in parts)
    told = [["daemon-reload"]] if changed else []
    if wanted:
        told.append(["restart" if changed else "start", TIMER])
    return told


def tell(words: Sequence[str]) -> None:
    """Run ``systemctl``; a failure is only a warning, because the files are installed."""
    try:
        done = subprocess.run(
            ["systemctl", "--no-ask-password", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        fault = "" if done.returncode == 0 else " ".join(done.stderr.split()) or "refused"
    except (OSError, subprocess.TimeoutExpired) as error:
        fault = str(error)
    if fault:
        log.warning("systemctl %s: %s; run it manually", " ".join(words), fault)
