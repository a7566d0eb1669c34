"""Unfinished deletions, in a separate file: a damaged spool must not undo them.

The spool also notes them, and hides those sites by its notes. The file is ahead of the spool: a
site is added before its rows leave the spool, and removed once no other file holds its rows.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from dropsonde.collector.row import SITE_BYTES
from dropsonde.collector.store.spool import database
from dropsonde.common.errors import StoreUnavailableError
from dropsonde.common.files import PRIVATE_FILE, read_file, sync_directory, write_atomically

NAME = "deletions"
_MOST_BYTES = 1 << 30


class Deletions:
    """The sites that are being deleted, in order.

    Args:
        root: the data directory, held by this collector.
    """

    def __init__(self, root: Path) -> None:
        self._path = root / NAME
        self._lock = threading.Lock()

    def add(self, site_id: bytes) -> None:
        """Add a site; it is on disk when this returns.

        Raises:
            StoreUnavailableError: the disk fails, or is full.
        """
        with self._lock:
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
            with self._on_disk(), os.fdopen(os.open(self._path, flags, PRIVATE_FILE), "wb") as file:
                # Overwrite a partial site that a kill left.
                file.seek(file.seek(0, os.SEEK_END) // SITE_BYTES * SITE_BYTES)
                file.write(site_id)
                file.flush()
                os.fsync(file.fileno())
                sync_directory(self._path.parent)

    def tidy(self) -> None:
        """Remove the temporary files of a killed collector."""
        for left in self._path.parent.glob(f".{NAME}.*"):
            left.unlink(missing_ok=True)

    def finish(self, sites: Iterable[bytes]) -> None:
        """Remove fully deleted sites; a site that is named twice is removed twice.

        Raises:
            StoreUnavailableError: the disk fails.
            FileError: it fails, or is full.
        """
        with self._lock:
            left = Counter(self._read())
            left.subtract(sites)
            self._write(list(left.elements()))

    def settle(self, connection: sqlite3.Connection) -> None:
        """Synchronize the spool's notes and the file, when a spool is opened or created.

        Args:
            connection: to the spool, in autocommit mode.

        Raises:
            StoreUnavailableError: the disk fails.
            FileError: it fails, or is full.
            sqlite3.Error: the spool fails.
        """
        with self._lock:
            here, noted = self._read(), database.forgotten(connection).values()
            for site_id in set(here).difference(noted):
                connection.execute("BEGIN IMMEDIATE")
                database.forget(connection, site_id)
                connection.execute("COMMIT")
            known = list(database.forgotten(connection).values())
            if known != here:
                self._write(known)

    @contextlib.contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailableError(
                f"{self._path} cannot be read or written: {error.strerror}",
                "check the disk and the free space",
            ) from error

    def _read(self) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._on_disk():
            data = read_file(self._path, _MOST_BYTES)
        return [
            data[at : at + SITE_BYTES] for at in range(0, len(data) - SITE_BYTES + 1, SITE_BYTES)
        ]

    def _write(self, sites: list[bytes]) -> None:
        if sites:
            write_atomically(self._path, b"".join(sites))
        else:
            self._path.unlink(missing_ok=True)
            sync_directory(self._path.parent)
