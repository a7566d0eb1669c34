"""Choose the site to report: this one, or with ``--demo`` a small made-up one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dropsonde.cli.progress import progress_bar
from dropsonde.report.probe import Probe

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


@contextlib.contextmanager
def probing(this: Run) -> Iterator[Probe]:
    """The probe of the site that the arguments name; files of the made-up one are removed."""
    if not this.arguments.demo:
        yield this.probe
        return
    from dropsonde.demo.puppet_site import SERVER, demo_site

    with demo_site(this.settings, sends=this.arguments.command == "submit") as (settings, environ):
        yield Probe(settings, environ, server=lambda: SERVER)


@contextlib.contextmanager
def reading_releases(probe: Probe) -> Iterator[None]:
    """Show a bar while a report has releases read from the Forge: a first one may take minutes."""
    with progress_bar("modules", delay=1) as probe.public.progress:
        yield
