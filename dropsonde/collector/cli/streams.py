"""Standard output and standard error, as this program's."""

from __future__ import annotations

from dropsonde import streams
from dropsonde.streams import check, discard_output, write_lines

__all__ = ["NAME", "check", "discard_output", "say", "write_lines"]

NAME = "dropsonde-collector"


def say(line: str) -> None:
    """Tell the user one line; where even that fails, the exit code must do."""
    streams.say(line, program=NAME)
