"""``dropsonde list``: list the metrics and their purposes."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dropsonde.report import plugins

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.settings.resolve import Settings


def run(this: Run) -> int:
    """Print each metric, its columns, and whether it is left out here."""
    this.write_lines(_lines(this.settings))
    return 0


def _lines(settings: Settings) -> Iterator[str]:
    found = plugins.load(settings.plugins)
    chosen = plugins.choose(found, settings.enable, settings.disable)
    width = max(40, shutil.get_terminal_size().columns)
    for metric, origin in found:
        notes = [] if metric in chosen else ["left out here"]
        if not origin.startswith("dropsonde.metrics."):
            notes.append(f"from {origin}")
        yield f"{metric.name} ({'; '.join(notes)})" if notes else metric.name
        names = ", ".join(column.name for column in metric.columns)
        for text in (metric.description, f"Columns: {names}"):
            yield from textwrap.wrap(text, width, initial_indent="    ", subsequent_indent="    ")
