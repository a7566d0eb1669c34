"""All paths besides reports: what is where, by which method, and under which headers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dropsonde.protocol.about import MAX_BYTES, read
from tests.unit.collector.intake.reports import SITE_ID
from tests.unit.collector.web.serving import ABOUT, Served, deletion, served, vocabulary

SITE = f"/v1/sites/{SITE_ID}"
METHODS = {
    "/": "POST",
    "/v1/reports": "POST",
    SITE: "DELETE",
    "/v1/about": "GET, HEAD",
    "/v1/key": "GET, HEAD",
    "/v1/vocabulary": "GET, HEAD",
    "/healthz": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
}


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Served]:
    vocabulary(tmp_path)
    with served(tmp_path) as one:
        yield one


@pytest.mark.parametrize("path", METHODS)
def test_another_method_is_told_the_right_ones(collector: Served, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        if method not in METHODS[path]:
            answer = httpx.request(method, collector.url + path)
            assert (answer.status_code, answer.headers["Allow"]) == (405, METHODS[path])


@pytest.mark.parametrize("path", [path for path, allowed in METHODS.items() if "GET" in allowed])
def test_head_is_get_without_the_body(collector: Served, path: str) -> None:
    whole, head = collector.get(path), httpx.head(collector.url + path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


@pytest.mark.parametrize(
    "path", ["/v1", "/metrics", "/v1/reports/", f"{SITE}/", "/v1/sites/", "//"]
)
def test_elsewhere_is_nothing_and_nobody_is_sent_elsewhere(collector: Served, path: str) -> None:
    answer = httpx.request("DELETE" if path.startswith(SITE) else "POST", collector.url + path)
    assert (answer.status_code, answer.json()) == (404, {"message": "not found"})


def test_every_answer_says_how_little_it_may_be_used_for(collector: Served) -> None:
    for path in ("/healthz", "/nothing"):
        headers = collector.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Server" not in headers


def test_it_says_who_runs_it(collector: Served) -> None:
    answer = collector.get("/v1/about")
    assert answer.headers["Content-Type"] == "application/json"
    assert read(answer.content) == ABOUT
    assert len(answer.content) < MAX_BYTES


def test_prometheus_can_read_the_counts(collector: Served) -> None:
    collector.post()
    collector.post(b"{")
    answer = collector.metrics()
    assert answer.headers["Content-Type"].startswith("text/plain")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["dropsonde_reports_received_total",] == 1
    assert found["dropsonde_reports_refused_total", "invalid"] == 1
    assert found["dropsonde_reports_refused_total", "too_many"] == 0
    assert found["dropsonde_rows_dropped_total", "unlisted_module"] == 0
    assert found["dropsonde_spool_rows",] == 1
    assert found["dropsonde_report_seconds_count",] == 1


def test_only_the_counters_are_where_the_counters_are(collector: Served) -> None:
    """How many sites report is for nobody who can send reports."""
    for path in ("/metrics", "/metrics/"):
        assert httpx.get(collector.url + path).json() == {"message": "not found"}
    for path in ("/healthz", "/v1/key", "/"):
        assert httpx.get(collector.counters.replace("/metrics", path)).status_code == 404
    assert httpx.post(collector.counters).headers["Allow"] == "GET, HEAD"


def test_a_store_that_was_closed_is_503_everywhere(collector: Served) -> None:
    collector.store._writer.close()
    assert collector.post().status_code == 503
    path, headers = deletion(bytes(64))
    assert httpx.delete(collector.url + path, headers=headers).status_code == 503
    collector.store._directory.spool.unlink()
    assert collector.get("/healthz").status_code == 503
    assert collector.metrics().status_code == 503


@pytest.mark.parametrize(
    ("place", "what", "said"),
    [
        ("dropsonde.collector.store.Store.keep", ValueError(SITE_ID), "ValueError in keep"),
        ("dropsonde.collector.web.reports.report", None, "error in parts"),  # in a worker process
    ],
)
def test_a_fault_of_ours_is_500_and_the_log_holds_nothing_of_the_report(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    what: Exception | None,
    said: str,
) -> None:
    def keep(*_: object) -> bytes:
        if what is not None:
            raise what
        return SITE_ID[:20].encode()

    with caplog.at_level(logging.DEBUG), served(tmp_path) as collector:
        monkeypatch.setattr(place, keep)
        answer = collector.post()
        counted = collector.metrics().text
    assert (answer.status_code, answer.json()) == (500, {"message": "internal server error"})
    assert 'refused_total{reason="fault"} 1.0' in counted
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert record.getMessage().startswith(f"unexpected {said}, line ")
    assert record.exc_info is None
    assert SITE_ID[:20] not in caplog.text


def test_no_log_names_who_asked_for_what(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), served(tmp_path) as collector:
        collector.post()
        httpx.delete(collector.url + SITE)
    ours = [record for record in caplog.records if record.name.startswith(("dropsonde", "uvicorn"))]
    said = "\n".join(record.getMessage() for record in ours)
    assert "Finished server process" in said
    assert "127.0.0.1" not in said
    assert "/v1" not in said
