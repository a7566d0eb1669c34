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
        digest = self[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return digest
