"""Write what a measurement prints into docs/performance.md; say on which kind of machine it ran."""

from __future__ import annotations

import contextlib
import io
import os
import platform
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from ext.benchmark.measure import BenchError
from ext.section import replaced

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs/performance.md"
GIGA = 1e9


class _Tee(io.StringIO):
    """Keeps what is printed, and shows it."""

    def write(self, text: str) -> int:
        if sys.__stdout__ is not None:
            sys.__stdout__.write(text)
        return super().write(text)


@contextlib.contextmanager
def writing(name: str, document: Path = DOCUMENT) -> Iterator[None]:
    """Replace a section of a document by what the block prints; a block that fails changes nothing.

    Args:
        name: of the section, which is between ``<!-- bench: NAME -->`` and ``<!-- end -->``.
        document: a Markdown file.

    Raises:
        BenchError: the document has no such section.
    """
    before, mark = document.read_text("utf-8"), f"<!-- bench: {name} -->\n"
    try:
        replaced(before, mark, "")
    except ValueError as error:
        raise BenchError(f"{document}: it has no section for {name}") from error
    with contextlib.redirect_stdout(_Tee()) as printed:
        yield
    text = f"{printed.getvalue().strip()}\n"
    document.write_text(replaced(before, mark, text), "utf-8")


def machine() -> str:
    """When and on what: a line for the head of a section."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGA
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}: {os.cpu_count()} processors ({_processor()}), "
        f"{memory:.0f} GB, Python {platform.python_version()}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
