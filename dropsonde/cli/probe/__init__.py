"""``dropsonde``. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys

from dropsonde import __version__


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        the exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    if words == ["--version"] and _told_version():
        return 0
    from dropsonde.cli import program

    return program.main("dropsonde", __name__, words)


def _told_version() -> bool:
    """Print the version fast, as scripts often need it; on failure, the usual way says why."""
    try:
        print(f"dropsonde {__version__}", flush=True)
    except OSError:
        return False
    return sys.stdout is not None
