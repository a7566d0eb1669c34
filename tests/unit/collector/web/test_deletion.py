"""Deletion: for whoever proves to have a site's seed, and nothing is said of what is known."""

from __future__ import annotations

import secrets
import signal
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.row import Row
from tests.unit.collector.intake.reports import COLUMNS, SITE_ID, report, to_bytes
from tests.unit.collector.store.making import files_with
from tests.unit.collector.web.serving import JSON, NOW, Program, Served, deletion, served

KEY = secrets.token_bytes(64)
PATH, PROOF = deletion(KEY)
REPORT = to_bytes({**report(COLUMNS), "site_id": PATH.rpartition("/")[2]})


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as one:
        yield one


def told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """All of an answer but the time."""
    return answer.status_code, answer.text, {**answer.headers, "date": ""}


def test_a_site_is_deleted_and_the_answer_is_the_same_for_one_that_never_was(
    collector: Served,
) -> None:
    collector.post(REPORT)
    assert collector.rows() == [(1,)]
    known = httpx.delete(collector.url + PATH, headers=PROOF)
    assert collector.rows() == [(0,)]
    assert (known.status_code, known.content) == (204, b"")
    other, proof = deletion(bytes(64))
    assert told(httpx.delete(collector.url + other, headers=proof)) == told(known)


def test_deletions_are_gathered_and_the_weeks_files_are_written_anew_within_the_hour(
    tmp_path: Path,
) -> None:
    keys = [secrets.token_bytes(64) for _ in range(3)]
    sites = [bytes.fromhex(deletion(key)[0].rpartition("/")[2]) for key in keys]
    with served(tmp_path) as collector:
        for site in sites:
            when = NOW - timedelta(weeks=2)
            collector.store.put(Row(str(uuid.uuid4()), site, "dropsonde", "1.0.0", when, {}))
        collector.store.compact(NOW)
        for key in keys[:2]:
            path, proof = deletion(key)
            assert httpx.delete(collector.url + path, headers=proof).status_code == 204
        assert collector.rows("site_id") == [(sites[2],)]
    dataset = tmp_path / "data/dataset"
    assert [bool(files_with(dataset, site)) for site in sites] == [True] * 3  # at its end, too
    with served(tmp_path) as collector:  # a start is the hour's upkeep
        assert collector.rows("site_id") == [(sites[2],)]
        assert [bool(files_with(dataset, site)) for site in sites] == [False, False, True]
        path, proof = deletion(keys[2])
        httpx.delete(collector.url + path, headers=proof)
        collector.store.compact(NOW)
        assert files_with(dataset, sites[2]) == []


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [b""],
        [secrets.token_hex(64).encode()],
        [KEY.hex().encode()[:-1]],
        [KEY.hex().upper().encode()],
        [PATH.rpartition("/")[2].encode()],
        [KEY.hex().encode(), KEY.hex().encode()],
        [b"\xff" * 128],
    ],
    ids=["none", "empty", "another", "short", "upper", "the id", "twice", "odd"],
)
def test_without_the_key_nothing_is_deleted_and_nothing_said_of_what_is_known(
    collector: Served, keys: list[bytes]
) -> None:
    collector.post(REPORT)
    headers = [(b"Dropsonde-Deletion-Key", key) for key in keys]
    known, unknown = (
        httpx.delete(collector.url + path, headers=headers)
        for path in (PATH, deletion(bytes(64))[0])
    )
    assert told(known) == told(unknown)
    assert known.status_code == 403
    assert list(known.json()) == ["message"]
    assert known.json()["message"].count("\n") == 0
    assert all(key.decode("latin-1") not in known.text for key in keys if key)
    assert collector.rows() == [(1,)]


@pytest.mark.parametrize("site", [SITE_ID[1:], f"{SITE_ID}0", SITE_ID.upper(), "g" * 128, "%20"])
def test_what_is_no_site_id_is_said_so(collector: Served, site: str) -> None:
    answer = httpx.delete(f"{collector.url}/v1/sites/{site}")
    assert answer.status_code == 400
    assert site not in answer.text


def test_the_id_alone_will_do_where_the_collector_says_so(tmp_path: Path) -> None:
    with Program(tmp_path, "--deletion-by-id") as collector:
        httpx.post(collector.url, content=REPORT, headers=JSON)
        assert collector.rows("count(*)") == [(1,)]
        wrong = {"Dropsonde-Deletion-Key": "0" * 128}
        assert httpx.delete(collector.url + PATH, headers=wrong).status_code == 403
        assert collector.rows("count(*)") == [(1,)]
        assert httpx.delete(collector.url + PATH).status_code == 204
        assert collector.rows("count(*)") == [(0,)]


def test_neither_id_nor_key_is_in_anything_that_is_said(tmp_path: Path) -> None:
    with Program(tmp_path, "--verbose") as collector:
        httpx.delete(collector.url + PATH, headers=PROOF)
        httpx.delete(collector.url + PATH, headers={"Dropsonde-Deletion-Key": "0" * 128})
        assert collector.ended(signal.SIGTERM) == (0, "")
