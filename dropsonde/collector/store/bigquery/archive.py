"""``community_metrics`` in BigQuery, which finished weeks move into.

Rows are loaded into a staging table; then a script replaces the same sites' rows of that week in
one transaction. Repeating it changes nothing, and rows leave the spool only after the script
succeeded. The ids of sites to be removed are also loaded into a staging table, so that no job's
description holds them: BigQuery keeps those for months.

An operation is written to disk before it begins, and is ended before another one begins. So no job
of a killed collector restores a site that was removed since, or removes a row that came since.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import DatasetReference, QueryJobConfig, ScalarQueryParameter

from dropsonde.collector.store import remote_state
from dropsonde.collector.store.bigquery import address as addresses
from dropsonde.collector.store.bigquery.connection import connect, translating
from dropsonde.collector.store.bigquery.fields import MONDAY
from dropsonde.collector.store.bigquery.jobs import Jobs, Patience
from dropsonde.collector.store.bigquery.lines import MOST_BYTES, Lines, row_of, sites_of
from dropsonde.collector.store.bigquery.tables import Tables
from dropsonde.collector.store.parquet.schema import NAME
from dropsonde.collector.store.spool.reader import bounded, reading
from dropsonde.common.weeks import first_moment

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

    from dropsonde.collector.store.bigquery.address import Address
    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.parquet.schema import Table

_SITES = [{"name": "site_id", "type": "BYTES", "mode": "NULLABLE"}]
_LOAD, _CHANGE = "load", "change"


class _Piece(NamedTuple):
    """Rows for one load, and their versions in the spool."""

    lines: Lines
    seqs: list[int]


@dataclass(frozen=True)
class BigQuery:
    """A dataset of BigQuery as a collector's store; use :meth:`at`.

    Args:
        address: of the dataset.
        client: of its project.
        patience: how long BigQuery may take.
    """

    address: Address
    client: Client
    patience: Patience = field(default_factory=Patience)
    _stop: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def at(cls, url: str) -> BigQuery:
        """Make a store of a dataset; no request is sent yet.

        Args:
            url: ``bigquery://project/dataset``.

        Raises:
            ConfigError: there are no Google credentials.
            ValueError: it is not such a URL.
        """
        address = addresses.parse(url)
        return cls(address, connect(address))

    @property
    def url(self) -> str:
        """The URL as it was given."""
        return str(self.address)

    def open(self, directory: Directory, table: Table) -> Archive:
        """An archive for the rows of a directory."""
        return Archive(self, directory, table, self._stop)

    def interrupt(self) -> None:
        """Stop waiting for jobs."""
        self._stop.set()


@dataclass(frozen=True)
class Archive:
    """Moves a directory's rows; its methods raise :class:`BigQueryError` if BigQuery fails.

    Args:
        place: the dataset.
        directory: held by this collector.
        columns: of the rows.
        stop: set to stop waiting for jobs.
    """

    place: BigQuery
    directory: Directory
    columns: Table
    stop: threading.Event

    @property
    def _tables(self) -> Tables:
        return Tables(self.place.client, self.place.address, self.place.patience.calls)

    def take(self, week: str) -> Iterator[list[int]]:
        """Move a week's rows, in pieces that fit into memory."""
        with translating(self.place.address):
            jobs = self._ready()
            fields = self._tables.ensure(self.columns.columns)
            monday = ScalarQueryParameter("monday", "DATE", first_moment(week).date())
            for piece in self._pieces(week):
                with self._staged(jobs, piece.lines, fields) as (staging, job_id):
                    jobs.run(self._replacing(staging, fields), job_id, [monday])
                yield piece.seqs

    def without(self, sites: Collection[bytes]) -> None:
        """Remove sites from all weeks."""
        with translating(self.place.address):
            jobs = self._ready()
            self._tables.ensure(self.columns.columns)
            with self._staged(jobs, sites_of(sorted(sites)), _SITES) as (staging, job_id):
                jobs.run(self._removing(staging), job_id)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:  # noqa: ARG002 - the protocol's
        """Set the partitions' expiration: BigQuery drops weeks even when no collector runs."""
        with translating(self.place.address):
            self._tables.location()
            self._tables.ensure(self.columns.columns, days)
        return ()

    def sites(self) -> Iterator[bytes]:
        """Read the ids of all sites, by a query; it reads one column, 64 bytes a row."""
        with translating(self.place.address):
            location = self._tables.location()
            try:
                self._tables.changed()
            except NotFound:  # the table comes with the first finished week
                return
            address = self.place.address
            config = QueryJobConfig(
                default_dataset=DatasetReference(address.project, address.dataset),
                labels={"program": "dropsonde"},
                use_query_cache=False,  # a cached result may hold a deleted site
            )
            sql = f"SELECT DISTINCT site_id FROM {NAME}"  # noqa: S608 - ours
            for (site_id,) in self._jobs(location).rows(sql, config):
                yield site_id

    def _ready(self) -> Jobs:
        """End the unfinished operation of an earlier run, perhaps of a killed collector."""
        jobs = self._jobs(self._tables.location())
        known = remote_state.read(self.directory.root)
        if known is not None and known.operation is not None:
            for part in (_LOAD, _CHANGE):
                jobs.end(_job_id(known.operation, part))
            self._end(known.operation)
        return jobs

    def _jobs(self, location: str) -> Jobs:
        place = self.place
        return Jobs(place.client, place.address, location, place.patience, self.stop)

    @contextlib.contextmanager
    def _staged(
        self, jobs: Jobs, lines: Lines, fields: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[str, str]]:
        """Load lines into a staging table; yield its name and the id for the job that uses it."""
        operation = uuid.uuid4().hex
        remote_state.Note(self.place.url, operation).write(self.directory.root)
        staging = _staging(operation)
        self._tables.stage(staging, fields)
        jobs.load(lines.file, staging, _job_id(operation, _LOAD))
        yield staging, _job_id(operation, _CHANGE)
        self._end(operation)

    def _end(self, operation: str) -> None:
        self._tables.drop(_staging(operation))
        remote_state.Note(self.place.url).write(self.directory.root)

    def _pieces(self, week: str) -> Iterator[_Piece]:
        low, more = b"", True
        while more:
            piece = _Piece(Lines(), [])
            while more and piece.lines.size < MOST_BYTES:
                # Read the spool briefly, because its log grows meanwhile.
                with reading(self.directory.spool) as found:
                    hidden = set(found.forgotten().values())
                    rows = bounded(found.rows(week, low))
                more = bool(rows)
                for seq, record in rows:
                    low = record.site_id
                    if low not in hidden:  # its earlier rows are still to be removed
                        piece.lines.add(row_of(record, self.columns.reported))
                        piece.seqs.append(seq)
            piece.lines.close()
            if piece.seqs:
                yield piece

    def _replacing(self, staging: str, fields: Sequence[dict[str, Any]]) -> str:
        names = ", ".join(f"`{each['name']}`" for each in fields)
        return (  # names alone, which an address and a schema's columns can have
            f"BEGIN TRANSACTION; DELETE FROM {self._quoted(NAME)} WHERE {MONDAY} = @monday "  # noqa: S608
            f"AND site_id IN (SELECT site_id FROM {self._quoted(staging)}); "
            f"INSERT INTO {self._quoted(NAME)} ({names}) "
            f"SELECT {names} FROM {self._quoted(staging)}; COMMIT TRANSACTION;"
        )

    def _removing(self, staging: str) -> str:
        return (
            f"DELETE FROM {self._quoted(NAME)} "  # noqa: S608 - ours
            f"WHERE site_id IN (SELECT site_id FROM {self._quoted(staging)})"
        )

    def _quoted(self, name: str) -> str:
        return f"`{self.place.address.table(name)}`"


def _staging(operation: str) -> str:
    return f"{NAME}_staging_{operation}"


def _job_id(operation: str, part: str) -> str:
    return f"dropsonde_{operation}_{part}"
