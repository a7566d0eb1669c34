"""The stand-in's jobs: pending until they are looked at, then run, done or failed for good."""

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
        content: what was uploaded with it.
        looks: until it is run.
        kept: tables that it reads as they were when it began, should they be dropped meanwhile.
        error: why it failed.
        found: what it found.
    """

    reference: dict[str, str]
    configuration: dict[str, Any]
    content: bytes | None
    looks: int
    kept: dict[str, str] = field(default_factory=dict)
    done: bool = False
    error: dict[str, str] | None = None
    found: Found = field(default_factory=lambda: Found([], []))

    @property
    def kind(self) -> str:
        """What is to be done: load or query."""
        return "load" if "load" in self.configuration else "query"

    def resource(self) -> dict[str, Any]:
        status: dict[str, Any] = {"state": "DONE" if self.done else "PENDING"}
        if self.error:
            status |= {"errorResult": self.error, "errors": [self.error]}
        statistics: dict[str, Any] = {"creationTime": "0"}
        if self.kind == "query":
            statistics["query"] = {"totalBytesProcessed": "0", "cacheHit": False}
            statistics["totalBytesProcessed"] = "0"
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
    """All jobs, by project, location and id."""

    tables: Tables
    looks: int
    known: dict[tuple[str, str, str], Job] = field(default_factory=dict)
    failing: dict[str, str] = field(default_factory=dict)  # the next job of a kind, for a reason

    def meet(self, call: Call, body: Any, content: bytes | None) -> Any:
        """Answer a request about jobs."""
        if call.name == "jobs.insert":
            return self._insert(call, body, content).resource()
        if call.name == "jobs.query":
            return self._results(self._query(call, body))
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
        return job.resource() if call.name == "jobs.get" else self._results(job)

    def run_all(self) -> None:
        """Run what waits, in the order in which it came."""
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
        job = Job(reference, body["configuration"], content, self.looks)
        if job.configuration.get("dryRun"):  # is kept by nobody
            sql = job.configuration["query"]
            job.found = self.tables.run(sql["query"], sql.get("queryParameters", []), dry=True)
            job.done = True
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
            parameters = job.configuration["query"].get("queryParameters", [])
            job.found = self.tables.run(sql, parameters, dry=False)

    def _results(self, job: Job) -> dict[str, Any]:
        if job.error:
            raise RefusedError(400, job.error["reason"], job.error["message"])
        found: dict[str, Any] = {"jobReference": job.reference, "jobComplete": job.done}
        if job.done:
            found |= {
                "schema": {"fields": job.found.fields},
                "totalRows": str(len(job.found.rows)),
                "rows": job.found.to_rest(),
                "totalBytesProcessed": "0",
                "cacheHit": False,
            }
        return found
