"""Run dropsonde and note which files it read: ``opened.py LIST ARGUMENT…``.

It leaves out Python's own files, so only the site's remain, and writes the paths to LIST, each
terminated by NUL.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import dropsonde
from dropsonde.cli.probe import main

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
OURS = str(Path(dropsonde.__file__).parent)
PYTHON = (sys.prefix, sys.base_prefix, sys.pycache_prefix or OURS, OURS, "/dev/", "/proc/")


def run(into: Path, arguments: list[str]) -> int:
    opened: dict[str, None] = {}

    def note(event: str, values: tuple[Any, ...]) -> None:
        # An open file has a descriptor in place of a name.
        named = event == "open" and isinstance(values[0], (str, os.PathLike))
        if named and not values[2] & WRITING:
            opened[os.fspath(values[0])] = None

    sys.addaudithook(note)
    code = main(arguments)
    read = [path for path in opened if not path.startswith(PYTHON) and Path(path).is_file()]
    into.write_bytes(b"".join(os.fsencode(path) + b"\0" for path in read))
    return code


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
