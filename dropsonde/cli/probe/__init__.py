"""``dropsonde``. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import atexit
import gc
import sys

from dropsonde import __version__

# So many objects are made before Python looks for circles of them that nothing uses: more than the
# commands of a small site make. With Python's own 700, a tenth of a start goes into it.
_COLLECT_AFTER = 100_000


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
    gc.set_threshold(_COLLECT_AFTER)
    atexit.register(gc.freeze)  # the end of the process frees all memory, without a last search
    from dropsonde.cli import program

    return program.main("dropsonde", __name__, words)


def _told_version() -> bool:
    """Print the version fast, as scripts often need it; on failure, the usual way says why."""
    try:
        print(f"dropsonde {__version__}", flush=True)
    except OSError:
        return False
    return sys.stdout is not None
