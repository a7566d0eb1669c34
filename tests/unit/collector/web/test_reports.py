"""A report over HTTP: taken once it is on disk, or refused with every fault."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.intake import MAX_BYTES
from dropsonde.collector.web.reports import Announcement
from dropsonde.protocol.receipt import SignedReceipt
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import APACHE, CANARY, COLUMNS, SITE_ID, report, to_bytes
from tests.unit.collector.web.serving import NOW, REPORT, Served, served


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as one:
        yield one


def test_a_report_becomes_a_row_and_a_receipt_that_can_be_verified(collector: Served) -> None:
    answer = collector.post()
    assert answer.status_code == 200
    said = answer.json()
    receipt = SignedReceipt.from_json(said.pop("receipt"))
    assert said == {"newer": False, "link": "", "message": "Thank you."}
    assert receipt.verify(collector.get("/v1/key").content)
    assert (receipt.week, receipt.dataset) == ("2026-W47", "test")
    assert receipt.sha256 == hashlib.sha256(REPORT).hexdigest()
    rows = collector.rows("message_id, site_id, timestamp, ip, environment_count, week")
    assert rows == [(receipt.message_id, bytes.fromhex(SITE_ID), NOW, None, 3, "2026-W47")]


def test_the_same_again_is_one_row_and_the_same_answer(collector: Served) -> None:
    first, second = collector.post(), collector.post(gzip.compress(REPORT), content_encoding="gzip")
    assert (first.status_code, first.content) == (200, second.content)
    assert collector.rows() == [(1,)]


def test_a_weeks_second_report_replaces_the_first_and_the_next_weeks_does_not(
    tmp_path: Path,
) -> None:
    now = datetime(2026, 11, 22, 23, tzinfo=timezone.utc)
    with served(tmp_path, clock=lambda: now) as collector:
        ids = [collector.post().json()["receipt"]["message_id"]]
        other = to_bytes(report({**COLUMNS, "environment_count": 4}))
        ids.append(collector.post(other).json()["receipt"]["message_id"])
        assert collector.rows("environment_count") == [(4,)]
        now += timedelta(hours=2)
        ids.append(collector.post(other).json()["receipt"]["message_id"])
        assert sorted(collector.rows("week")) == [("2026-W47",), ("2026-W48",)]
    assert len(set(ids)) == 3


def test_both_paths_take_reports(collector: Served) -> None:
    headers = {"Content-Type": "application/json; charset=UTF-8", "Content-Encoding": "identity"}
    assert httpx.post(collector.url, content=REPORT, headers=headers).status_code == 200


def test_a_refused_report_is_answered_with_every_fault_and_no_value(collector: Served) -> None:
    odd = report({"environment_count": CANARY, "classes": [{"name": "ntp", "count": -1}]})
    odd[CANARY] = 1
    answer = collector.post(to_bytes(odd))
    assert answer.status_code == 400
    assert len(answer.json()["faults"]) == 3
    assert CANARY not in answer.text
    assert collector.rows() == [(0,)]


def test_rows_that_are_not_public_are_not_kept_and_counted(collector: Served) -> None:
    mixed = report({"unused_classes": [{"name": "ntp"}, {"name": f"{CANARY}::db"}]})
    answer = collector.post(to_bytes(mixed))
    assert answer.json()["message"] == "Thank you. Some rows were not kept (unlisted_class: 1)."
    assert collector.rows("unused_classes") == [([{"name": "ntp"}],)]
    assert 'dropsonde_rows_dropped_total{reason="unlisted_class"} 1.0' in collector.metrics().text


PACKED = gzip.compress(REPORT, mtime=0)
BOMB = gzip.compress(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("data", "headers", "status", "reason"),
    [
        (b"", {}, 400, "invalid"),
        (b"{", {}, 400, "invalid"),
        (PACKED, {}, 400, "invalid"),
        (REPORT, {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (PACKED[:-1], {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (PACKED[:20], {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (PACKED + b"x", {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (PACKED + PACKED, {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (PACKED[:-8] + bytes(8), {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (b"", {"content_encoding": "gzip"}, 400, "bad_gzip"),
        (bytes(MAX_BYTES + 1), {}, 413, "too_large"),
        (BOMB, {"content_encoding": "gzip"}, 413, "too_large"),
        (bytes(MAX_BYTES + 2048), {"content_encoding": "gzip"}, 413, "too_large"),
        (REPORT, {"content_type": "text/plain"}, 415, "unsupported_type"),
        (REPORT, {"content_type": ""}, 415, "unsupported_type"),
        (REPORT, {"Content_Type": "application/json"}, 415, "unsupported_type"),
        (REPORT, {"content_type": "application/json; charset=latin-1"}, 415, "unsupported_type"),
        (REPORT, {"content_type": "application/jsonl"}, 415, "unsupported_type"),
        (REPORT, {"content_encoding": "br"}, 415, "unsupported_type"),
        (PACKED, {"content_encoding": "gzip, gzip"}, 415, "unsupported_type"),
    ],
)
def test_what_is_no_report_is_refused(
    collector: Served, data: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = collector.post(data, **headers)
    assert (answer.status_code, next(iter(answer.json()))) == (status, "message")
    assert f'dropsonde_reports_refused_total{{reason="{reason}"}} 1.0' in collector.metrics().text
    assert collector.rows() == [(0,)]


def test_a_report_may_have_exactly_so_many_bytes(collector: Served) -> None:
    padded = REPORT.rstrip() + b" " * (MAX_BYTES - len(REPORT.rstrip()))
    assert len(padded) == MAX_BYTES
    assert collector.post(padded).status_code == 200
    for level in (0, 9):
        packed = gzip.compress(padded, level)
        assert collector.post(packed, content_encoding="gzip").status_code == 200


def test_a_full_disk_is_503_and_loses_nothing(collector: Served) -> None:
    def limit(pages: int) -> None:
        work = collector.store._writer.submit
        work(lambda spool: spool.execute(f"PRAGMA max_page_count = {pages}"), alone=True).result()

    assert collector.post().status_code == 200
    limit(1)
    large = [{**APACHE, "version": f"{number}.0.0"} for number in range(9_000)]
    other = to_bytes({**report({"modules": large}), "site_id": "f" * 128})
    refused = collector.post(other)
    assert (refused.status_code, int(refused.headers["Retry-After"]) > 0) == (503, True)
    assert collector.rows("environment_count") == [(3,)]
    limit(1_000_000)
    assert collector.post(other).status_code == 200
    assert collector.rows() == [(2,)]


@pytest.mark.parametrize(
    ("agent", "newer"),
    [
        ("dropsonde/1.9.9 (+Python requests)", True),
        ("dropsonde/1.10", True),
        ("dropsonde/1.10.0", False),
        ("dropsonde/2.0.0 (x)", False),
        ("Ruby", True),
        ("dropsonde/1.9.9.9.9.9", True),
        ("", True),
    ],
)
def test_a_newer_probe_is_told_of(agent: str, newer: bool) -> None:
    assert Announcement("1.10.0", "https://example.test/").is_news(agent) is newer
    assert not Announcement().is_news(agent)


def test_the_link_comes_with_the_news(tmp_path: Path) -> None:
    with served(tmp_path, announcement=Announcement("9.0", "https://example.test/x")) as collector:
        old, new = collector.post(), collector.post(user_agent="dropsonde/9.0")
    assert (old.json()["newer"], old.json()["link"]) == (True, "https://example.test/x")
    assert (new.json()["newer"], new.json()["link"]) == (False, "")


def test_a_list_that_changes_counts_soon(tmp_path: Path) -> None:
    data = to_bytes(report({"unused_classes": [{"name": "zypprepo"}]}))
    with served(tmp_path) as collector:

        def kept() -> list[tuple[object, ...]]:
            assert collector.post(data).status_code == 200
            return collector.rows("unused_classes")

        assert kept() == [([],)]
        listed = json.dumps({"modules": ["puppet-zypprepo"]})
        (tmp_path / "forge.json").write_text(listed)
        wait_for(lambda: kept() == [([{"name": "zypprepo"}],)])
        (tmp_path / "forge.json").write_text("{")
        assert kept() == [([{"name": "zypprepo"}],)]
