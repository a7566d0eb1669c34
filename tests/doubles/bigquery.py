"""A double of BigQuery on loopback: the REST calls that the collector and aggregation use.

    with LoopbackBigQuery() as bigquery:
        bigquery.dataset("some-project", "reports")
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery.url)  # for Google's client
        client = google.cloud.bigquery.Client("some-project", AnonymousCredentials())

The double checks each request and answer against BigQuery's public discovery document; it refuses
what the document lacks, records it in ``faults``, and fails the test at its end. Tables are in
DuckDB, which really runs the statements, queries after a translation.

It has datasets.get, tables.get/insert/patch/delete/list, jobs.get/insert/cancel (query, also
with dryRun and named parameters, and load, by both kinds of upload), jobs.query and
jobs.getQueryResults. An inserted job is pending; the double runs it when a client polls it for the
first time, or for the ``looks``-th; :meth:`LoopbackBigQuery.run_pending` runs jobs that no client
polls any more. A second job with the same id is a 409.
"""

from __future__ import annotations

import email
import json
import threading
import traceback
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.bigquery_discovery import Call, answer_faults, call_of, request_faults
from tests.doubles.bigquery_jobs import Job, Jobs
from tests.doubles.bigquery_tables import RefusedError, Tables
from tests.doubles.loopback import Handler, Loopback


@dataclass
class Rule:
    """A fault of the next requests with a name.

    Args:
        name: such as ``tables.get``, ``jobs.insert``, ``upload``, or ``*`` for all.
        times: for how many requests.
        status: the answer's; 0 closes the connection without one.
        reason: BigQuery's word.
        done: whether the double still does what was asked, and only loses the answer.
        held: whether it does so later, by :meth:`LoopbackBigQuery.release`.
    """

    name: str
    times: int = 1
    status: int = 0
    reason: str = "backendError"
    done: bool = False
    held: bool = False


@dataclass
class Asked:
    """A request.

    Attributes:
        name: such as ``tables.get``; ``upload`` for all parts of one.
        body: parsed JSON.
    """

    name: str
    body: Any


@dataclass
class _Upload:
    metadata: Any
    data: bytearray = field(default_factory=bytearray)


class LoopbackBigQuery(Loopback):
    """The server.

    Args:
        looks: how many polls a job takes until it runs.

    Attributes:
        tables: all tables, for tests to inspect.
        jobs: all jobs.
        asked: all requests, in order.
        rules: faults to inject, in order.
        faults: what the discovery document does not have.
    """

    def __init__(self, looks: int = 1) -> None:
        self.tables = Tables()
        self.jobs = Jobs(self.tables, looks)
        self.asked: list[Asked] = []
        self.rules: list[Rule] = []
        self.faults: list[str] = []
        self._datasets: dict[str, str] = {}
        self._uploads: dict[str, _Upload] = {}
        self._held: list[tuple[Call, Any, bytes | None]] = []
        self._lock = threading.RLock()
        super().__init__(_Handler)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self.tables.connection.close()
        if kind is None:
            assert not self.faults, "\n".join(self.faults)

    def failed(self) -> None:
        self.faults.append(traceback.format_exc())

    def dataset(self, project: str, name: str, location: str = "EU") -> None:
        """Create a dataset."""
        self._datasets[f"{project}.{name}"] = location

    def run_pending(self) -> None:
        """Run all pending jobs."""
        with self._lock:
            self.jobs.run_all()

    def release(self) -> list[int]:
        """Answer the held requests; return the answers' statuses."""
        with self._lock:
            held, self._held = self._held, []
            return [self._answer(*each)[0] for each in held]

    def meet(self, verb: str, url: str, headers: Any, data: bytes) -> tuple[int, Any, str]:
        """Answer a request; return status (0 for no answer), body, and Location."""
        with self._lock:
            if "upload_id" in url:
                return self._more(url, headers, data)
            call = call_of(verb, url)
            if call is None:
                self.faults.append(f"{verb} {urlsplit(url).path}")
                return 404, None, ""
            content: bytes | None = None
            body = json.loads(data) if data and not call.upload else None
            if call.upload and call.query["uploadType"] == "multipart":
                body, content = _parts(headers, data)
            elif call.upload:
                body = json.loads(data)
            self.faults += request_faults(call, body)
            if call.upload and content is None:
                return self._first(call, body)
            return self._ruled("upload" if call.upload else call.name, call, body, content)

    def _first(self, call: Call, body: Any) -> tuple[int, Any, str]:
        name = str(len(self._uploads))
        status, answer, _ = self._ruled("upload", call, body, None, begin=name)
        return status, answer, f"{self.url}/upload?upload_id={name}"

    def _more(self, url: str, headers: Any, data: bytes) -> tuple[int, Any, str]:
        upload = self._uploads[parse_qs(urlsplit(url).query)["upload_id"][0]]
        span, _, total = headers["Content-Range"].removeprefix("bytes ").partition("/")
        first = int(span.partition("-")[0])
        if first > len(upload.data):
            return 400, None, ""
        upload.data[first:] = data
        if total == "*":
            return 308, None, ""
        call = call_of("POST", f"/upload/bigquery/v2/projects/{self._project(upload)}/jobs")
        assert call is not None
        return self._ruled("upload", call, upload.metadata, bytes(upload.data))

    def _project(self, upload: _Upload) -> str:
        return str(upload.metadata["jobReference"]["projectId"])

    def _ruled(
        self, name: str, call: Call, body: Any, content: bytes | None, begin: str = ""
    ) -> tuple[int, Any, str]:
        self.asked.append(Asked(name, body))
        rule = next((each for each in self.rules if each.name in {name, "*"}), None)
        if rule is not None:
            rule.times -= 1
            if rule.times == 0:
                self.rules.remove(rule)
            if rule.held:
                self._held.append((call, body, content))
            elif rule.done:
                self._answer(call, body, content)
            refusal = RefusedError(rule.status, rule.reason, "It is a rule.")
            return rule.status, _error(refusal), ""
        if begin:
            self._uploads[begin] = _Upload(body)
            return 200, None, ""
        return (*self._answer(call, body, content), "")

    def _answer(self, call: Call, body: Any, content: bytes | None) -> tuple[int, Any]:
        try:
            answer = self._do(call, body, content)
        except RefusedError as error:
            return error.status, _error(error)
        self.faults += answer_faults(call, answer)
        return 200 if answer is not None else 204, answer

    def _do(self, call: Call, body: Any, content: bytes | None) -> Any:
        dataset = f"{call.names.get('project')}.{call.names.get('dataset')}"
        if "dataset" in call.names and dataset not in self._datasets:
            raise RefusedError(404, "notFound", f"Not found: Dataset {dataset}")
        if call.name.startswith("jobs."):
            return self.jobs.meet(call, body, content)
        if call.name == "datasets.get":
            reference = {"projectId": call.names["project"], "datasetId": call.names["dataset"]}
            return {"datasetReference": reference, "location": self._datasets[dataset]}
        return self._table(call, body, dataset)

    def _table(self, call: Call, body: Any, dataset: str) -> Any:
        if call.name == "tables.insert":
            return self._made(body, f"{dataset}.{body['tableReference']['tableId']}")
        if call.name == "tables.list":
            found = [each for each in self.tables.resources if each.startswith(f"{dataset}.")]
            references = [self.tables.resources[each]["tableReference"] for each in found]
            return {"tables": [{"tableReference": each} for each in references]}
        name = f"{dataset}.{call.names['table']}"
        if name not in self.tables.resources:
            raise RefusedError(404, "notFound", f"Not found: Table {name}")
        if call.name == "tables.delete":
            self.tables.drop(name)
            return None
        if call.name == "tables.patch":
            self.tables.patch(name, body)
            self.tables.resources[name]["etag"] += "+"
        return self.tables.resources[name]

    def _made(self, body: Any, name: str) -> Any:
        if name in self.tables.resources:
            raise RefusedError(409, "duplicate", f"Already Exists: Table {name}")
        self.tables.create(name, {"etag": "1", "lastModifiedTime": "0", **body})
        return self.tables.resources[name]

    def fresh(self, url: str, etag: str | None) -> bool:
        """Whether a change has the table's current etag."""
        call = call_of("PATCH", url)
        if call is None or etag is None:
            return True
        name = ".".join(call.names[each] for each in ("project", "dataset", "table"))
        return bool(self.tables.resources.get(name, {}).get("etag") == etag)


def _parts(headers: Any, data: bytes) -> tuple[Any, bytes]:
    """Split an upload in one request into its two parts."""
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    found = email.message_from_bytes(head + data).get_payload()
    described, _ = (each.get_payload(decode=True) for each in found)  # type: ignore[union-attr]
    # The parser changes line ends: take the compressed part from the raw data.
    boundary = b"\r\n--" + headers.get_param("boundary").encode()
    content = data.split(b"\r\n\r\n", 2)[2].rsplit(boundary + b"--", 1)[0]
    return json.loads(described), content  # type: ignore[arg-type]


def _error(error: RefusedError) -> Any:
    each = {"reason": error.reason, "message": str(error), "domain": "global"}
    return {"error": {"code": error.status, "message": str(error), "errors": [each]}}


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    double: LoopbackBigQuery

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        data = self.rfile.read(length)
        if len(data) < length:  # the client was killed
            self.close_connection = True
            return
        if not self.double.fresh(self.path, self.headers["If-Match"]):
            stale = RefusedError(412, "conditionNotMet", "Precondition check failed.")
            status, body, location = 412, _error(stale), ""
        else:
            found = self.double.meet(self.command, self.path, self.headers, data)
            status, body, location = found
        if status == 0:
            self.reset()
            return
        text = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(text)


__all__ = ["Asked", "Job", "LoopbackBigQuery", "Rule"]
