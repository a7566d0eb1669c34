"""The program that makes the public files, as digests: another program may make others."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING

import duckdb

from dropsonde.publish import dataset_log

if TYPE_CHECKING:
    from importlib.abc import Traversable  # elsewhere in later Pythons

_LIBRARIES = ("jinja2", "markupsafe", "msgspec")
_CODE, _COMPILED = ".py", ".pyc"


@cache
def writers() -> str:
    """The digest of the code that writes the dataset: this program's and DuckDB's version."""
    whole = hashlib.sha256(duckdb.__version__.encode())
    whole.update(dataset_log.log().encode())  # which has the dataset's version
    for data in code(resources.files("dropsonde")):
        whole.update(data)
    return whole.hexdigest()


@cache
def makers() -> str:
    """The digest of all that makes pages and documents: code, templates, libraries, Python."""
    versions = [metadata.version(name) for name in _LIBRARIES]
    whole = hashlib.sha256("\n".join([writers(), sys.version, *versions]).encode())
    for path, file in _files(resources.files("dropsonde")):
        if not path.endswith((_CODE, _COMPILED)):
            whole.update(f"{path}\n".encode() + _digest(file))
    return whole.hexdigest()


def code(directory: Traversable) -> Iterator[bytes]:
    """The digests of all Python files below a directory."""
    return (_digest(file) for path, file in _files(directory) if path.endswith(_CODE))


def _files(directory: Traversable, path: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        below = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _files(entry, below)
        else:
            yield below, entry


def _digest(file: Traversable) -> bytes:
    return hashlib.sha256(file.read_bytes()).digest()
