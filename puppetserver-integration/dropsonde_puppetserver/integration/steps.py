"""All steps of ``dropsonde integrate``: planned wholly before the first is done."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde_puppetserver.integration.decide import Step, steps
from dropsonde_puppetserver.integration.files import Files, system_errors

if TYPE_CHECKING:
    from dropsonde_puppetserver.integration.part import Part


def plan(parts: Iterable[Part], root: Path) -> tuple[Step, ...]:
    """What has to be done, in this order; a place that needs no word has no step.

    Raises:
        IntegrationError: a link leads out of the root, or something stands where a directory must.
        FileError: a place cannot be looked at.
    """
    gone: set[Path] = set()  # once the steps so far are done
    planned: list[Step] = []
    files = Files(root)
    with system_errors():
        for part in parts:
            for step in steps(files, part, gone):
                planned.append(step)
                gone.update(step.gone)
    return tuple(planned)


def carry_out(planned: Iterable[Step]) -> Iterator[Step]:
    """Do it, step by step.

    Yields:
        each step when it is done.

    Raises:
        FileError: the operating system refused; what was done until then stays.
    """
    before = os.umask(0o022)  # `puppetserver` sets one that would shut its own user out
    try:
        for step in planned:
            with system_errors():
                if step.act is not None:
                    step.act()
            yield step
    finally:
        os.umask(before)
