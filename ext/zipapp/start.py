"""The entry point of dropsonde.pyz: say in one line why it cannot run here, or unpack it.

Any ``python3`` must be able to read this file, so an old one can say that it is too old: use no
syntax newer than Python 3.6.
"""

import os
import platform
import sys
from pathlib import Path
from typing import NoReturn

PYTHONS = ((3, 10), (3, 11), (3, 12), (3, 13), (3, 14))
MACHINES = ("aarch64", "x86_64")
ADVICE = "set SHIV_ROOT to a directory that is yours alone"
OTHERS_WRITE = 0o022
_FILE_ERROR = 8  # as dropsonde's own exit code for a directory that cannot be written


def main() -> None:
    """Check the host, then let shiv unpack the libraries and start the program."""
    if sys.version_info[:2] not in PYTHONS or platform.machine() not in MACHINES:
        here = "Python {}.{} on {}".format(*sys.version_info[:2], platform.machine())
        _stop(1, f"this file is for Python 3.10 to 3.14 on {' or '.join(MACHINES)}, not for {here}")
    root = Path(os.environ.get("SHIV_ROOT") or "~/.shiv")
    try:
        root = root.expanduser()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = root.stat()
        if about.st_uid != os.geteuid() or about.st_mode & OTHERS_WRITE:
            _stop(_FILE_ERROR, f"will not unpack itself in {root}, where others write: {ADVICE}")
        from _bootstrap import (  # type: ignore[import-not-found]  # noqa: PLC0415  # shiv adds it
            bootstrap,
        )

        bootstrap()
    except (OSError, RuntimeError) as error:  # the program itself lets none through
        reason = getattr(error, "strerror", None) or error
        _stop(_FILE_ERROR, f"cannot unpack itself in {root} ({reason}): {ADVICE}")


def _stop(code: int, line: str) -> NoReturn:
    sys.stderr.write(f"dropsonde: {line}\n")
    sys.exit(code)
