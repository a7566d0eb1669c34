"""The double's jobs: pending until a client polls them, then run, done or failed for good."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.doubles.bigquery_tables import Found, RefusedError

if TYPE_CHECKING:
    from tests.doubles.bigquery_discovery import Call
    from tests.doubles.bigquery_tables import Tables


@dataclass
class Job:
    """One job.

    Attributes:
        reference: project, id and location.
        configuration: what it is to do.
        content: the uploaded data.
        looks: polls until it runs.
        reads: bytes that it reads, which BigQuery bills.
        kept: tables that it reads as they were at its start, in case they are dropped meanwhile.
        error: why it failed.
        found: its result.
    """

    reference: dict[str, str]
    configuration: dict[str, Any]
    content: bytes | None
    looks: int
    reads: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    done: bool = False
    error: dict[str, str] | None = None
    found: Found = field(default_factory=lambda: Found([], []))

    @property
    def kind(self) -> str:
        """The kind of job: load or query."""
        return "load" if "load" in self.configuration else "query"

    def resource(self) -> dict[str, Any]:
        status: dict[str, Any] = {"state": "DONE" if self.done else "PENDING"}
        if self.error:
            status |= {"errorResult": self.error, "errors": [self.error]}
        statistics: dict[str, Any] = {"creationTime": "0"}
        if self.kind == "query":
            statistics["query"] = {"totalBytesProcessed": str(self.reads), "cacheHit": False}
            statistics["totalBytesProcessed"] = str(self.reads)
            if self.configuration.get("dryRun"):
                statistics["query"]["schema"] = {"fields": self.found.fields}
        return {
            "id": f"{self.reference['projectId']}:{self.reference['jobId']}",
            "jobReference": self.reference,
            "configuration": {**self.configuration, "jobType": self.kind.upper()},
            "status": status,
            "statistics": statistics,
        }


@dataclass
class Jobs:
    """All jobs, by project, location and id.

    Attributes:
        dry: dry runs; BigQuery keeps none of them.
        reads: bytes that each query reads.
    """

    tables: Tables
    looks: int
    dry: list[Job] = field(default_factory=list)
    reads: int = 0
    known: dict[tuple[str, str, str], Job] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # the next job of a kind, for a reason

    def meet(self, call: Call, body: Any, content: bytes | None) -> Any:
        """Answer a request about jobs."""
        if call.name == "jobs.insert":
            return self._insert(call, body, content).resource()
        if call.name == "jobs.query":
            return self._results(self._query(call, body), body)
        key = (
            call.names.get("job") or call.names["queries" if "queries" in call.names else "querie"]
        )
        job = self.known.get((call.names["project"], call.query.get("location", "US"), key))
        if job is None:
            raise RefusedError(404, "notFound", "Not found: Job")
        if call.name == "jobs.cancel":
            if not job.done:
                job.done, job.error = True, {"reason": "stopped", "message": "Job was cancelled."}
            return {"kind": "bigquery#jobCancelResponse", "job": job.resource()}
        job.looks -= 1
        if job.looks <= 0:
            self._run(job)
        return job.resource() if call.name == "jobs.get" else self._results(job, call.query)

    def run_all(self) -> None:
        """Run all pending jobs, in order."""
        for job in list(self.known.values()):
            self._run(job)

    def _insert(self, call: Call, body: Any, content: bytes | None) -> Job:
        given = body.get("jobReference", {})
        reference = {
            "projectId": call.names["project"],
            "jobId": given.get("jobId") or f"job_{uuid.uuid4().hex}",
            "location": given.get("location", "US"),
        }
        key = (reference["projectId"], reference["location"], reference["jobId"])
        if key in self.known:
            raise RefusedError(409, "duplicate", f"Already Exists: Job {reference['jobId']}")
        job = Job(reference, body["configuration"], content, self.looks, self.reads)
        if job.configuration.get("dryRun"):
            job.found = self._run_sql(job, job.configuration["query"]["query"])
            job.done = True
            self.dry.append(job)
            return job
        if job.kind == "query" and self.looks > 1:
            job.kept = self.tables.kept(job.configuration["query"]["query"], job.reference["jobId"])
        self.known[key] = job
        return job

    def _query(self, call: Call, body: Any) -> Job:
        names = ("query", "queryParameters", "parameterMode", "useLegacySql", "defaultDataset")
        configuration: dict[str, Any] = {
            "query": {name: body[name] for name in names if name in body},
            **({"dryRun": True} if body.get("dryRun") else {}),
        }
        reference = {"location": body["location"]} if "location" in body else {}
        job = self._insert(call, {"configuration": configuration, "jobReference": reference}, None)
        self._run(job)
        return job

    def _run(self, job: Job) -> None:
        if job.done:
            return
        job.done = True
        try:
            self._do(job)
        except RefusedError as error:
            job.error = {"reason": error.reason, "message": str(error)}

    def _do(self, job: Job) -> None:
        if job.kind in self.failing:
            raise RefusedError(400, self.failing.pop(job.kind), "It is to fail.")
        if job.kind == "load":
            place = job.configuration["load"]["destinationTable"]
            name = ".".join(place[each] for each in ("projectId", "datasetId", "tableId"))
            self.tables.load(name, job.content or b"")
        else:
            sql = job.configuration["query"]["query"]
            for name, copy in job.kept.items():
                if name not in self.tables.resources:
                    sql = sql.replace(f"`{name}`", f"`{copy}`")
            most = job.configuration["query"].get("maximumBytesBilled")
            if most is not None and job.reads > int(most):
                raise RefusedError(400, "bytesBilledLimitExceeded", "It would bill too many bytes.")
            job.found = self._run_sql(job, sql)

    def _run_sql(self, job: Job, sql: str) -> Found:
        query = job.configuration["query"]
        place = query.get("defaultDataset", {})
        default = f"{place.get('projectId')}.{place.get('datasetId')}"
        dry = bool(job.configuration.get("dryRun"))
        return self.tables.run(sql, query.get("queryParameters", []), dry=dry, default=default)

    def _results(self, job: Job, asked: dict[str, Any]) -> dict[str, Any]:
        if job.error:
            raise RefusedError(400, job.error["reason"], job.error["message"])
        result: dict[str, Any] = {"jobReference": job.reference, "jobComplete": job.done}
        if job.done:
            count = len(job.found.rows)
            first = int(asked.get("pageToken") or asked.get("startIndex") or 0)
            last = min(first + int(asked.get("maxResults", count)), count)
            result |= {
                "schema": {"fields": job.found.fields},
                "totalRows": str(count),
                "rows": job.found.to_rest(first, last),
                "totalBytesProcessed": str(job.reads),
                "cacheHit": False,
            }
            if last < count:
                result["pageToken"] = str(last)
        return result
