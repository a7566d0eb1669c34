"""Read the classes of one release from its tarball, as the bytes arrive.

Nothing is unpacked to disk, and nothing in it is believed before the whole file has the digest that
the Forge states.
"""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Iterator

from dropsonde.site.puppet.manifests import ManifestError, class_names

MAX_PACKED = 64 << 20  # bytes of a tarball; most have some 100 kB
MAX_UNPACKED = 512 << 20
MAX_MEMBERS = 50_000
MAX_MANIFEST = 4 << 20  # bytes; as of a manifest on disk
CHUNK = 1 << 16
_MANIFEST = re.compile(r"(?:\./)*[^/]+/manifests/(?:[^/]+/)*[^/]+\.pp")


class TarballError(Exception):
    """A tarball is damaged, too large, or another one than the Forge states."""


def read_classes(pieces: Iterator[bytes], module: str, sha256: str) -> frozenset[str]:
    """Read the classes that a release's manifests define.

    Args:
        pieces: the tarball, compressed.
        module: the module's name; classes outside its namespace are not its own.
        sha256: of the tarball, 64 hexadecimal digits.

    Returns:
        The names in lower case. A manifest that does not parse defines none: Puppet will not load
        it either.

    Raises:
        TarballError: the content cannot be used; the message is a few words without any of it.
    """
    packed = _Packed(pieces)
    names: set[str] = set()
    fault = None
    try:
        unpacked = io.BufferedReader(_Unpacked(packed), CHUNK)
        with tarfile.open(fileobj=unpacked, mode="r|") as tar:
            for manifest in _manifests(tar):
                names |= _classes(manifest)
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError):
        # An unsound tarball may make tarfile raise any of these; the digest says more.
        fault = "it is not a sound tarball"
    if packed.digest() != sha256:
        raise TarballError("it has another digest than the Forge states")
    if fault:
        raise TarballError(fault)
    return frozenset(name for name in names if name.partition("::")[0] == module)


def _manifests(tar: tarfile.TarFile) -> Iterator[bytes]:
    for count, member in enumerate(tar):
        if count >= MAX_MEMBERS:
            raise TarballError("it has too many files")
        if member.isfile() and member.size <= MAX_MANIFEST and _MANIFEST.fullmatch(member.name):
            file = tar.extractfile(member)
            if file is not None:
                yield file.read()


def _classes(manifest: bytes) -> frozenset[str]:
    try:
        return class_names(manifest)
    except ManifestError:
        return frozenset()


class _Packed:
    """The compressed bytes, counted and hashed as they pass."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._sha256 = hashlib.sha256()
        self._left = MAX_PACKED

    def piece(self) -> bytes:
        """The next bytes; empty at the end."""
        piece = next(self._pieces, b"")
        self._left -= len(piece)
        if self._left < 0:
            raise TarballError("it is too large")
        self._sha256.update(piece)
        return piece

    def digest(self) -> str:
        """The digest of the whole file, whose rest is read."""
        while self.piece():
            pass
        return self._sha256.hexdigest()


class _Unpacked(io.RawIOBase):
    """The decompressed bytes; a small tarball can be huge when decompressed."""

    def __init__(self, packed: _Packed) -> None:
        super().__init__()
        self._packed = packed
        self._gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._left = MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any buffer
        """Fill a buffer; 0 at the end of the stream, also of one that is cut short."""
        data = b""
        while not data and not self._gzip.eof:
            source = self._gzip.unconsumed_tail or self._packed.piece()
            if not source:
                break
            data = self._gzip.decompress(source, len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise TarballError("it is too large when decompressed")
        buffer[: len(data)] = data
        return len(data)
