"""The sites that have a row in any week that is kept, in memory: some 8 bytes a site.

Only digests are kept, keyed with a secret of this process. Whoever chooses a site's id could
otherwise choose one whose digest is another site's, and pass for a known site.

The sites are read in the background; what changes meanwhile is noted, and counts. Dropped weeks
make their sites unknown when all sites are read again.
"""

from __future__ import annotations

import secrets
import threading
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.site_digests import collecting, digest_of
from dropsonde.common.errors import StoreUnavailableError

if TYPE_CHECKING:
    from dropsonde.collector.store.archive import Files, RemoteArchive
    from dropsonde.collector.store.directory import Directory

_SECRET_BYTES = 32
_MOST_CHANGES = 100_000  # they take ten times as much memory as what was read


@dataclass(frozen=True)
class _Changes:
    """What changed since sites were read, as digests."""

    added: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)

    def add(self, digest: int) -> None:
        self.added.add(digest)
        self.removed.discard(digest)

    def remove(self, digest: int) -> None:
        self.added.discard(digest)
        self.removed.add(digest)


class KnownSites:
    """The known sites of a data directory; it knows none before :meth:`watch`.

    Args:
        directory: held by this collector.
        files: its finished weeks.
        remote: the remote archive, if finished weeks go there.

    Attributes:
        ready: whether all sites that can be read have been read.
    """

    def __init__(self, directory: Directory, files: Files, remote: RemoteArchive | None) -> None:
        self._directory, self._files, self._remote = directory, files, remote
        self._secret = secrets.token_bytes(_SECRET_BYTES)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._stored: array[int] = array("Q")  # ascending
        self._since: _Changes | None = None  # that was read
        self._meanwhile: _Changes | None = None  # since the reading in progress began
        self._left_out: frozenset[str] = frozenset()  # damaged weeks
        self._stale = True
        self.ready = False

    def watch(self) -> None:
        """Note every change from now on; a collector that needs no known sites saves the memory."""
        with self._lock:
            self._since = self._since or _Changes()

    def __contains__(self, site_id: bytes) -> bool:
        with self._lock:
            return self._has(digest_of(self._secret, site_id))

    def add(self, site_id: bytes) -> None:
        """Note that a site has a row; in the order of the commits."""
        digest = digest_of(self._secret, site_id)
        with self._lock:
            if self._since is not None and not self._has(digest):
                self._since.add(digest)
            if self._meanwhile is not None:
                self._meanwhile.add(digest)

    def remove(self, site_id: bytes) -> None:
        """Note that a site was forgotten; in the order of the commits."""
        digest = digest_of(self._secret, site_id)
        with self._lock:
            if self._since is not None and self._has(digest):
                self._since.remove(digest)
            if self._meanwhile is not None:
                self._meanwhile.remove(digest)

    def weeks_dropped(self) -> None:
        """Note that some sites may have no row any more: all are to be read again."""
        self._stale = True

    def look(self) -> None:
        """Read the sites if that is due: at first, after many changes, and after weeks changed.

        These were dropped, or repaired. A damaged week's sites are left out. The directory's sites
        count before those of a remote archive are read.

        Raises:
            StoreUnavailableError: the directory or the remote archive cannot be read now.
            FileError: the disk fails, or is full.
        """
        if not self._is_due():
            return
        self._stale = False
        with self._lock:
            self._meanwhile = _Changes()
        try:
            self._read()
        except BaseException as error:
            self._stale = True
            if isinstance(error, OSError):  # of the scratch directory, or a file's digest
                raise StoreUnavailableError(
                    f"the sites of {self._directory.root} cannot be read: {error.strerror}",
                    "check the disk and the free space",
                ) from error
            raise
        finally:
            with self._lock:
                self._meanwhile = None

    def _is_due(self) -> bool:
        since = self._since or _Changes()
        many = len(since.added) + len(since.removed) > _MOST_CHANGES
        return self._stale or many or bool(self._left_out - self._files.damaged.keys())

    def interrupt(self) -> None:
        """End a reading in progress soon, from another thread."""
        self._stop.set()

    def _has(self, digest: int) -> bool:
        since = self._since
        if since is None or digest in since.removed:
            return False
        at = bisect_left(self._stored, digest)
        return digest in since.added or self._stored[at : at + 1] == array("Q", [digest])

    def _read(self) -> None:
        found, hidden = self._files.digests(self._secret, self._stop)
        self._left_out = frozenset(self._files.damaged)
        if self._remote is None:
            self._take(found, ready=True)
            return
        if not self.ready:
            self._take(found, ready=False)
        with (
            self._directory.scratch() as scratch,
            collecting(scratch, self._secret, self._stop) as digests,
        ):
            digests.add_digests(found)
            digests.add(each for each in self._remote.sites() if each not in hidden)
            self._take(digests.in_order(), ready=True)

    def _take(self, found: array[int], *, ready: bool) -> None:
        """Replace what was read before; the changes since this reading began count on top."""
        with self._lock:
            self._stored, self._since = found, self._meanwhile
            self.ready = self.ready or ready
