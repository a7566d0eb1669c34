"""The SHA-256 of files, in hexadecimal; each file is read once."""

from __future__ import annotations

import hashlib
from pathlib import Path


class Digests(dict[Path, str]):
    """Path to digest, of files that no longer change.

    Raises:
        OSError: a file cannot be read.
    """

    def __missing__(self, path: Path) -> str:
        self.add(path, path.read_bytes())
        return self[path]

    def add(self, path: Path, data: bytes) -> None:
        """Note the digest of a file that was written just now."""
        self[path] = hashlib.sha256(data).hexdigest()
