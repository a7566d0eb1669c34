"""Plan all steps of ``dropsonde integrate`` before the first one, and carry them out."""

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
    """Plan the steps, in order; a path with nothing to report has no step.

    Raises:
        IntegrationError: a link leads out of the root, or a path is no directory but must be one.
        FileError: a path cannot be read.
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
    """Carry out the steps one by one.

    Yields:
        each step when it is done.

    Raises:
        FileError: the operating system refused a step; earlier steps stay done.
    """
    before = os.umask(0o022)  # the umask of `puppetserver` would deny its own user access
    try:
        for step in planned:
            with system_errors():
                if step.act is not None:
                    step.act()
            yield step
    finally:
        os.umask(before)
