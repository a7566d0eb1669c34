"""The Java programs that this process has started."""

from __future__ import annotations

import contextlib
import os
from ipaddress import ip_address
from pathlib import Path

# Java compiles less: a server starts in half the time, and then answers a little slower.
QUICK_START = ("-XX:TieredStopAtLevel=1",)
_LISTENS = "0A"


def javas(parent: int | None = None) -> list[Path]:
    """The Java children of a process (default: this one), as paths ``/proc/NUMBER``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            above = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if above == (parent or os.getpid()) and (process / "comm").read_text() == "java\n":
                found.append(process)
    return found


def listening(process: Path) -> set[str]:
    """The addresses that a process listens on."""
    sockets = set()
    for each in (process / "fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed
            sockets.add(str(each.readlink()))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text().splitlines()[1:]:
            _, local, _, state, *more = line.split()
            if state == _LISTENS and f"socket:[{more[5]}]" in sockets:
                found.add(_address(local.partition(":")[0]))
    return found


def _address(text: str) -> str:
    """Parse an address of 4-byte words in hexadecimal, each little-endian."""
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    address = ip_address(b"".join(words))
    return str(getattr(address, "ipv4_mapped", None) or address)
