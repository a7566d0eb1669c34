"""The digests of many sites' ids, as 64-bit numbers, collected by DuckDB.

DuckDB computes them for files: a thread of Python would hold the interpreter's lock for many
seconds, and reports would wait. It uses one thread, so a processor stays free for reports.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import StoreUnavailableError

if TYPE_CHECKING:
    import duckdb

    from dropsonde.collector.store.parquet.dataset import Part

BYTES = 8  # of a digest
_AT_ONCE = 16_384
_WHAT = "the sites of the dataset cannot be read"


def digest_of(secret: bytes, site_id: bytes) -> int:
    """The digest of a site's id; nobody without the secret can make ids of equal digests."""
    return int.from_bytes(hashlib.sha256(secret + site_id).digest()[:BYTES], "big")


_DIGEST = f"CAST('0x' || left(sha256($1::BLOB || site_id), {2 * BYTES}) AS UBIGINT)"


@dataclass(frozen=True)
class SiteDigests:
    """The digests of the sites that were added; use :func:`collecting`.

    Args:
        connection: to the database that has them.
        secret: keys the digests.
        stop: set to end early.
    """

    connection: duckdb.DuckDBPyConnection
    secret: bytes
    stop: threading.Event

    def add_part(self, part: Part, hidden: Collection[bytes]) -> None:
        """Add the sites of a finished week, without those that are being forgotten.

        Raises:
            StoreUnavailableError: the file cannot be read, or this is to stop.
        """
        self._check()
        self.connection.execute(
            f"INSERT INTO digests SELECT digest FROM (SELECT DISTINCT {_DIGEST} AS digest "  # noqa: S608 - ours
            f"FROM read_parquet('{part.name}') WHERE site_id NOT IN (SELECT unnest($2::BLOB[]))) "
            "WHERE digest NOT IN (FROM digests)",
            [self.secret, list(hidden)],
        )

    def add(self, site_ids: Iterable[bytes]) -> None:
        """Add sites; one may come several times.

        Raises:
            StoreUnavailableError: there is not enough memory, or this is to stop.
        """
        self.add_digests(digest_of(self.secret, each) for each in site_ids)

    def add_digests(self, digests: Iterable[int]) -> None:
        """As :meth:`add`, of sites' digests."""
        remaining = iter(digests)
        while some := set(itertools.islice(remaining, _AT_ONCE)):
            self._check()
            self.connection.execute(
                "INSERT INTO digests SELECT digest FROM (SELECT unnest($1::UBIGINT[]) AS digest) "
                "WHERE digest NOT IN (FROM digests)",
                [list(some)],
            )

    def in_order(self) -> array[int]:
        """All digests, ascending, each once.

        Raises:
            StoreUnavailableError: there is not enough memory, or this is to stop.
        """
        found = array("Q")
        result = self.connection.execute("FROM digests ORDER BY digest")
        while rows := result.fetchmany(_AT_ONCE):
            self._check()
            found.extend(digest for (digest,) in rows)
        return found

    def _check(self) -> None:
        if self.stop.is_set():
            raise StoreUnavailableError(f"{_WHAT}: the collector ends", "start it again")


@contextlib.contextmanager
def collecting(scratch: Path, secret: bytes, stop: threading.Event) -> Iterator[SiteDigests]:
    """Collect digests, from none on; DuckDB's errors are translated."""
    # DuckDB is imported when it is needed: see ``apart``.
    from dropsonde.collector.store.parquet.duckdb import engine, translating  # noqa: PLC0415

    with engine(scratch, threads="1") as connection, translating(_WHAT):
        connection.execute("CREATE TABLE digests (digest UBIGINT)")
        yield SiteDigests(connection, secret, stop)
