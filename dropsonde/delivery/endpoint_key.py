"""Where a site keeps the public key of an endpoint, once `dropsonde verify --trust` has."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dropsonde.common import state

KEY_BYTES = 4 << 10  # at most


def key_file(cachepath: Path, endpoint: str) -> Path:
    """The file of an endpoint's key.

    Args:
        cachepath: the cache directory.
        endpoint: its URL, without user and password.
    """
    name = hashlib.sha256(endpoint.encode()).hexdigest()[:16]
    return cachepath / state.KEYS / f"{name}.pem"
