"""`aggregate` and `weekly` with `--store`, as programs."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.aggregation.release import Role, load
from dropsonde.collector import vocabulary_file
from dropsonde.collector.store import Store
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import published, rows
from tests.doubles.bigquery import Rule
from tests.support.vocabularies import file_of
from tests.unit.cli.collector.test_commands import complaint, run
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.bigquery.moving import STORE, TABLE
from tests.unit.collector.store.bigquery.moving import remote as at

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release
    from tests.doubles.bigquery import LoopbackBigQuery

# The program asks the real clock.
LONG_AGO = datetime.now(timezone.utc) - timedelta(weeks=3)
WEEK = week_of(LONG_AGO)
SITES = 30
EXACT = ("--epsilon-year", "10000")  # so much that the noise is less than a site
BUDGET = "the noise hides one module of a site, or what the site says of itself: "


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The same sites in two weeks, so that they count in the second."""
    return made(tmp_path / "data")


def made(path: Path) -> Path:
    with Store.open(path, NEWEST, utc_now) as store:
        for when in (LONG_AGO - timedelta(weeks=1), LONG_AGO):
            for row in rows(NEWEST, random.Random(1), SITES, when):
                store.put(row)
    (path / vocabulary_file.NAME).write_bytes(file_of(published()))
    return path


def sites_of(release: Release) -> dict[tuple[object, ...], tuple[float, float]]:
    """Table and keys to the group's sites and their error."""
    return {
        (name, *row[: table.keys]): (row[table.place(Role.SITES)], row[table.place(Role.ERROR)])
        for name, table in release.tables.items()
        for row in table.rows
    }


def test_a_week_is_moved_and_released_and_again_the_same(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    words = ("weekly", "--week", WEEK, "--data", str(data), "--store", STORE, *EXACT)
    done = run(*words, "--out", str(tmp_path / "out"))
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1].startswith(f"{WEEK}: public since ")
    assert len(bigquery.tables.rows(TABLE)) == 2 * SITES
    local = ("aggregate", "--week", WEEK, "--data", str(made(tmp_path / "other")), *EXACT)
    assert run(*local, "--out", str(tmp_path / "local")).code == 0
    found, expected = (sites_of(load(tmp_path / out / f"{WEEK}.json")) for out in ("out", "local"))
    both = found.keys() & expected.keys()  # not those that the noise moves across the bar
    assert len(both) > 0.8 * max(len(found), len(expected), SITES)
    for group in both:
        (one, error), (other, _) = found[group], expected[group]
        assert abs(one - other) <= 5 * error + 0.1, group
    asked = len(bigquery.asked)
    assert run(*words, "--out", str(tmp_path / "out")).code == 0
    assert len(bigquery.asked) == asked  # there is nothing left to do


def test_a_week_that_is_not_there_yet_is_not_released(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    words = ("--data", str(data), "--store", STORE)
    out = ("--out", str(tmp_path / "out"))
    early = run("aggregate", "--week", WEEK, *words, *out)
    assert (early.code, early.out[: len(BUDGET)]) == (20, BUDGET)
    assert complaint(early).startswith(
        f"the finished weeks of {data} are not in {STORE}, but in its own files: "
    )
    assert bigquery.asked == []
    assert run("compact", *words).code == 0
    late = next(rows(NEWEST, random.Random(2), 1, LONG_AGO))
    with Store.open(data, NEWEST, utc_now, at(bigquery.url)) as store:
        store.put(late)
    waiting = run("aggregate", "--week", WEEK, *words, *out)
    assert (waiting.code, waiting.out[: len(BUDGET)]) == (30, BUDGET)
    assert "still to be moved to BigQuery" in complaint(waiting)
    assert run("compact", *words).code == 0
    released = run("aggregate", "--week", WEEK, "--engine", "bigquery", *words, *out)
    assert (released.code, released.err) == (0, "")
    assert (tmp_path / "out" / f"{WEEK}.json").exists()


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
    assert (result.code, result.out[: len(BUDGET)]) == (28, BUDGET)
    assert complaint(result).startswith(
        f"{STORE}: BigQuery answers 403 (Forbidden, accessDenied): the collector needs the roles "
    )
    assert not list((tmp_path / "out").glob("*.json"))
