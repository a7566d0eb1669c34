"""``dropsonde update``: refresh the list of public modules now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.cli.probe.progress import progress_bar

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


def run(this: Run) -> int:
    """Ask the Forge, and print the result."""
    probe = this.probe
    with progress_bar("modules") as progress:
        result = probe.update(progress)
    line = (
        f"{len(result.forge_list.slugs):,} public modules, {result.added:,} new, "
        f"{result.removed:,} gone ({result.requests:,} requests, {result.bytes:,} bytes)"
    )
    this.write_lines([line])
    return 0
