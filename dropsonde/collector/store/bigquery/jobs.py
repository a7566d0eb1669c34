"""Jobs that run once, even if this program is killed or an answer is lost.

BigQuery continues a job even if its client has died. So each job has an id that is written to disk
first; BigQuery never runs two jobs with the same id, and :meth:`Jobs.end` makes sure that no job
with that id can still begin.
"""

from __future__ import annotations

import copy
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from google.api_core.exceptions import Conflict
from google.cloud.bigquery import (
    DEFAULT_RETRY,
    LoadJobConfig,
    QueryJobConfig,
    SourceFormat,
    TableReference,
    WriteDisposition,
)
from google.cloud.bigquery.enums import CreateDisposition

from dropsonde.collector.store.bigquery.connection import failed
from dropsonde.common.errors import BigQueryError

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, LoadJob, QueryJob, ScalarQueryParameter

    from dropsonde.collector.store.bigquery.address import Address

_NOTHING = "SELECT 1"
_PAGE = 10_000  # rows of a result in one answer
_GROWTH = 1.5
_LONGEST = 5.0  # seconds between two polls of a job


@dataclass(frozen=True)
class Patience:
    """How long BigQuery may take.

    Args:
        request: seconds for one request.
        retry: seconds in which a request with a temporary error is retried.
        uploads: the number of retries of a part of an upload.
        job: seconds to wait for a job.
        look: seconds until a job is first polled.
    """

    request: float = 60.0
    retry: float = 60.0
    uploads: int = 6
    job: float = 900.0
    look: float = 0.1

    @property
    def calls(self) -> dict[str, Any]:
        """Arguments of the client's methods."""
        return {"retry": DEFAULT_RETRY.with_timeout(self.retry), "timeout": self.request}


@dataclass(frozen=True)
class Jobs:
    """A project's jobs in a location.

    Args:
        client: of the project.
        address: for messages.
        location: the dataset's; ids are unique within it.
        patience: how long to wait.
        stop: set to end all waiting.
    """

    client: Client
    address: Address
    location: str
    patience: Patience
    stop: threading.Event = field(default_factory=threading.Event)

    def load(self, file: IO[bytes], table: str, job_id: str) -> None:
        """Load lines of JSON into an existing table.

        Raises:
            BigQueryError: the job failed, or takes too long.
        """
        config = LoadJobConfig(
            source_format=SourceFormat.NEWLINE_DELIMITED_JSON,
            create_disposition=CreateDisposition.CREATE_NEVER,
            write_disposition=WriteDisposition.WRITE_APPEND,
        )
        job: LoadJob | QueryJob
        try:
            job = self.client.load_table_from_file(
                file,
                TableReference.from_string(self.address.table(table)),
                size=file.seek(0, 2),
                rewind=True,
                num_retries=self.patience.uploads,
                job_id=job_id,
                location=self.location,
                job_config=config,
                timeout=self.patience.request,
            )
        except Conflict:  # an answer was lost: an earlier try began this upload
            job = self._found(job_id)
        self._wait(job)

    def run(self, sql: str, job_id: str, parameters: Sequence[ScalarQueryParameter] = ()) -> None:
        """Run a statement or a script.

        Raises:
            BigQueryError: the job failed, or takes too long.
        """
        self._wait(self._begun(sql, job_id, QueryJobConfig(query_parameters=list(parameters))))

    def reads(self, sql: str, config: QueryJobConfig) -> int:
        """The number of bytes that a query would read; it is not run."""
        dry = copy.deepcopy(config)
        dry.dry_run = True
        return int(self._insert(sql, _new_id(), dry).total_bytes_processed)

    def rows(self, sql: str, config: QueryJobConfig) -> Iterator[tuple[Any, ...]]:
        """Run a query, and read its result page by page.

        Raises:
            BigQueryError: the job failed, or takes too long.
        """
        job = self._begun(sql, _new_id(), config)
        self._wait(job)
        for row in job.result(page_size=_PAGE, **self.patience.calls):
            yield row.values()

    def end(self, job_id: str) -> None:
        """Wait until a job that began is done, failed or not; prevent one that did not begin.

        Raises:
            BigQueryError: it takes too long.
        """
        try:
            job = self._insert(_NOTHING, job_id, QueryJobConfig())  # uses up the id
        except Conflict:
            job = self._found(job_id)
        self._wait_until_done(job)

    def _begun(self, sql: str, job_id: str, config: QueryJobConfig) -> Any:
        try:
            return self._insert(sql, job_id, config)
        except Conflict:  # an answer was lost
            return self._found(job_id)

    def _insert(self, sql: str, job_id: str, config: QueryJobConfig) -> QueryJob:
        return self.client.query(
            sql,
            config,
            job_id=job_id,
            location=self.location,
            job_retry=None,
            **self.patience.calls,
        )

    def _found(self, job_id: str) -> Any:
        return self.client.get_job(job_id, location=self.location, **self.patience.calls)

    def _wait(self, job: LoadJob | QueryJob) -> None:
        self._wait_until_done(job)
        if job.error_result:
            raise failed(self.address, job.error_result.get("reason"))

    def _wait_until_done(self, job: LoadJob | QueryJob) -> None:
        until, pause = time.monotonic() + self.patience.job, self.patience.look
        while job.state != "DONE":
            if self.stop.wait(pause) or time.monotonic() > until:
                raise BigQueryError(
                    f"{self.address}: a job of BigQuery's is not done yet",
                    "nothing is lost; the next run sees to it first",
                )
            pause = min(pause * _GROWTH, _LONGEST)
            job.reload(**self.patience.calls)


def _new_id() -> str:
    """An id for a job that changes nothing, so it is not written to disk."""
    return f"dropsonde_{uuid.uuid4().hex}"
