"""Debian 13's SQLite program: Debian 12 builds it without ``.recover``."""

from __future__ import annotations

from pathlib import Path

from tests.real.processes import run


def unpacked(directory: Path) -> Path:
    """Unpack it with its libraries, and install nothing.

    Args:
        directory: missing or empty.

    Returns:
        A directory for PATH, with ``sqlite3`` in it.
    """
    root, programs = directory / "debian13", directory / "bin"
    run(["mmdebstrap", "--quiet", "--variant=extract", "--include=sqlite3", "trixie", root])
    (loader,) = (root / "usr/lib").glob("*/ld-linux*.so.*")
    programs.mkdir()
    program = programs / "sqlite3"
    program.write_text(
        f'#!/bin/sh\nexec {loader} --library-path {loader.parent} {root}/usr/bin/sqlite3 "$@"\n'
    )
    program.chmod(0o755)
    return programs
