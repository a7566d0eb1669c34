"""`aggregate` and `weekly` with `--store`, as programs."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.aggregation.release import load
from dropsonde.collector.store import Store
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows
from tests.doubles.bigquery import Rule
from tests.unit.cli.collector.test_commands import complaint, run
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.bigquery.moving import STORE, TABLE
from tests.unit.collector.store.bigquery.moving import remote as at

if TYPE_CHECKING:
    from tests.doubles.bigquery import LoopbackBigQuery

# The program asks the real clock.
LONG_AGO = datetime.now(timezone.utc) - timedelta(weeks=3)
WEEK = week_of(LONG_AGO)
SITES = 30


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    with Store.open(path, NEWEST, utc_now) as store:
        for row in rows(NEWEST, random.Random(1), SITES, LONG_AGO):
            store.put(row)
    return path


def test_a_week_is_moved_and_released_and_again_the_same(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    words = ("weekly", "--week", WEEK, "--data", str(data), "--store", STORE)
    done = run(*words, "--out", str(tmp_path / "out"))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{WEEK}: public since ")
    assert len(bigquery.tables.rows(TABLE)) == SITES
    with Store.open(tmp_path / "other", NEWEST, utc_now) as store:
        for row in rows(NEWEST, random.Random(1), SITES, LONG_AGO):
            store.put(row)
    (tmp_path / "other/bounding.key").write_bytes((data / "bounding.key").read_bytes())
    local = ("aggregate", "--week", WEEK, "--data", str(tmp_path / "other"))
    assert run(*local, "--out", str(tmp_path / "local")).code == 0
    found, expected = (load(tmp_path / out / f"{WEEK}.1.json") for out in ("out", "local"))
    assert (found.sites, found.tables) == (expected.sites, expected.tables)
    assert any(table.rows for table in found.tables.values())
    asked = len(bigquery.asked)
    assert run(*words, "--out", str(tmp_path / "out")).code == 0
    assert len(bigquery.asked) == asked  # there is nothing left to do


def test_a_week_that_is_not_there_yet_is_not_released(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    words = ("--data", str(data), "--store", STORE)
    out = ("--out", str(tmp_path / "out"))
    early = run("aggregate", "--week", WEEK, *words, *out)
    assert (early.code, early.out) == (20, "")
    assert complaint(early).startswith(
        f"the finished weeks of {data} are not in {STORE}, but in its own files: "
    )
    assert bigquery.asked == []
    assert run("compact", *words).code == 0
    late = next(rows(NEWEST, random.Random(2), 1, LONG_AGO))
    with Store.open(data, NEWEST, utc_now, at(bigquery.url)) as store:
        store.put(late)
    waiting = run("aggregate", "--week", WEEK, *words, *out)
    assert (waiting.code, waiting.out) == (30, "")
    assert "still to be moved to BigQuery" in complaint(waiting)
    assert run("compact", *words).code == 0
    released = run("aggregate", "--week", WEEK, "--engine", "bigquery", *words, *out)
    assert (released.code, released.err) == (0, "")
    assert "; without noise" in released.out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--engine", "bigquery"), "--engine bigquery needs --store"),
        (("--engine", "duckdb", "--store", STORE), "--engine duckdb does not look into --store"),
        (("--engine", "spark", "--store", STORE), "--engine spark does not look into --store"),
    ],
)
def test_an_engine_and_a_store_that_do_not_fit_are_one_line_and_2(
    data: Path, tmp_path: Path, words: tuple[str, ...], what: str
) -> None:
    for command in ("aggregate", "weekly"):
        out = ("--out", str(tmp_path / "out"), "--data", str(data))
        result = run(command, "--week", WEEK, *out, *words)
        assert (result.code, result.out) == (2, "")
        assert complaint(result).startswith(what)
    assert not (tmp_path / "out").exists()


def test_a_refusal_is_one_line_and_28(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    words = ("--data", str(data), "--store", STORE)
    assert run("compact", *words).code == 0
    bigquery.rules.append(Rule("jobs.insert", status=403, reason="accessDenied"))
    result = run("aggregate", "--week", WEEK, "--out", str(tmp_path / "out"), *words)
    assert (result.code, result.out) == (28, "")
    assert complaint(result).startswith(
        f"{STORE}: BigQuery answers 403 (Forbidden, accessDenied): the collector needs the roles "
    )
    assert not list((tmp_path / "out").glob("*.json"))
