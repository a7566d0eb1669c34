"""``dropsonde update``: refresh what is known of the Forge's modules and releases now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.cli.progress import progress_bar
from dropsonde.settings.options import ALWAYS, NEVER, PUPPETFILE

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run

_WHICH = {
    ALWAYS: "all public modules here",
    PUPPETFILE: "modules that Puppetfiles fetch from it",
    NEVER: "no module",
}


def run(this: Run) -> int:
    """Ask the Forge, and print the results."""
    probe = this.probe
    with progress_bar("modules") as progress:
        result = probe.update(progress)
    line = (
        f"{len(result.forge_list.slugs):,} public modules, {result.added:,} new, "
        f"{result.removed:,} gone ({result.requests:,} requests, {result.bytes:,} bytes)"
    )
    this.write_lines([line])
    with progress_bar("releases") as progress:
        learned = probe.learn(progress)
    left = f", {learned.left:,} left for the next time" if learned.left else ""
    line = (
        f"{learned.releases:,} releases read from the Forge, of "
        f"{_WHICH[probe.settings.releases]}{left} "
        f"({learned.requests:,} requests, {learned.bytes:,} bytes)"
    )
    this.write_lines([line])
    if learned.fault is not None:
        raise learned.fault
    return 0
