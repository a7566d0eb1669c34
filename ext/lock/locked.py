"""Read the locks: the exact libraries that the packages are built from.

A lock is a requirements file for pip: names with one version each, and the digests of the archives
that pip may use for it, on every Python and machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROBE = HERE / "probe.txt"
BUILD = HERE / "build.txt"
COMPILER = HERE / "compiler.txt"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One library.

    Attributes:
        name: as on the index, in lower case and with hyphens.
        version: the only one allowed.
        digests: SHA-256, in hexadecimal, of each allowed archive.
    """

    name: str
    version: str
    digests: tuple[str, ...]

    @property
    def requirement(self) -> str:
        """Its lines in a lock."""
        words = (
            f"{self.name}=={self.version}",
            *(f"--hash=sha256:{hex_}" for hex_ in self.digests),
        )
        return " \\\n    ".join(words) + "\n"


def normal(name: str) -> str:
    """Normalize a library's name as the index does."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(lock: Path) -> dict[str, Locked]:
    """Read every library of a lock, by name."""
    found = {}
    for line in lock.read_text().replace("\\\n", " ").splitlines():
        if line and not line.startswith(("#", "-")):
            name, version = line.split()[0].split("==")
            found[name] = Locked(name, version, tuple(_HASH.findall(line)))
    return found
