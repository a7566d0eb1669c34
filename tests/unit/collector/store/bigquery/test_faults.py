"""What goes wrong with BigQuery: rows wait, one line says why, and the next run does it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.collector.store.bigquery.jobs import Patience
from dropsonde.collector.store.bigquery.lines import to_base64
from dropsonde.common.errors import BigQueryError
from tests.doubles.bigquery import LoopbackBigQuery, Rule
from tests.doubles.endpoint import nobody_listens
from tests.unit.collector.store.bigquery.moving import (
    RETRYING,
    TABLE,
    everywhere,
    in_bigquery,
    opened,
    standing_in,
)
from tests.unit.collector.store.making import NOW, WEEK, contents, row, site

if TYPE_CHECKING:
    from dropsonde.collector.store import Store

LAST = NOW - WEEK
EXPECTED = {("2026-W47", site(number)): number for number in range(3)}
CALLS = (
    "datasets.get",
    "tables.get",
    "tables.insert",
    "upload",
    "jobs.get",
    "jobs.insert",
    "tables.delete",
)
NOT_THERE = "make the dataset, or correct --store"
ROLES = "needs the roles BigQuery Data Editor on the dataset and BigQuery Job User on the project"


@pytest.fixture
def bigquery() -> Iterator[LoopbackBigQuery]:
    with standing_in() as found:
        yield found


def filled(root: Path, url: str, patience: Patience = RETRYING) -> Store:
    store = opened(root, url, patience=patience)
    for number in range(3):
        store.put(row(number, LAST, number))
    return store


def refused(store: Store) -> str:
    """What is said when rows cannot be moved; all of them are still here."""
    with pytest.raises(BigQueryError) as found:
        store.compact(NOW)
    said = str(found.value)
    assert "\n" not in said
    assert site(1).hex() not in said
    assert contents(store) == EXPECTED
    return said


def moved(store: Store, bigquery: LoopbackBigQuery) -> None:
    """The next run does it all, once."""
    assert store.compact(NOW) == ("2026-W47",)
    assert store.depth() == 0
    bigquery.run_pending()
    assert in_bigquery(bigquery) == EXPECTED
    assert list(bigquery.tables.resources) == [TABLE]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("name", CALLS)
def test_what_fails_for_the_moment_is_tried_again(
    tmp_path: Path, bigquery: LoopbackBigQuery, name: str, done: bool
) -> None:
    """Also where only the answer was lost: nothing is done twice."""
    bigquery.rules.append(Rule(name, status=503, done=done))
    with filled(tmp_path / "data", bigquery.url) as store:
        moved(store, bigquery)


@pytest.mark.parametrize("name", CALLS)
def test_a_connection_that_breaks_off_is_tried_again(
    tmp_path: Path, bigquery: LoopbackBigQuery, name: str
) -> None:
    bigquery.rules.append(Rule(name, done=True))
    with filled(tmp_path / "data", bigquery.url) as store:
        moved(store, bigquery)


@pytest.mark.parametrize(
    ("status", "reason", "said"),
    [
        (400, "invalid", "BigQuery answers 400 (Bad Request, invalid)"),
        (401, "authError", "run `gcloud auth application-default login`"),
        (403, "accessDenied", ROLES),
        (403, "quotaExceeded", "BigQuery answers 403 (Forbidden, quotaExceeded)"),
        (404, "notFound", NOT_THERE),
        (412, "conditionNotMet", "BigQuery answers 412 (Precondition Failed, conditionNotMet)"),
        (500, "backendError", "BigQuery answers 500 (Internal Server Error, backendError)"),
        (503, "backendError", "BigQuery answers 503 (Service Unavailable, backendError)"),
        (503, f"secret {site(1).hex()}", "BigQuery answers 503 (Service Unavailable): nothing"),
        (0, "", "BigQuery cannot be reached (ConnectionError)"),
    ],
)
def test_what_stays_so_is_one_line_and_everything_waits(
    tmp_path: Path, bigquery: LoopbackBigQuery, status: int, reason: str, said: str
) -> None:
    with filled(tmp_path / "data", bigquery.url, Patience(5, 0, 0, 5, 0.001)) as store:
        for name in CALLS[:-1]:  # wherever it happens
            if (name, status) == ("tables.get", 404):
                continue  # then it is made
            bigquery.rules[:] = [Rule(name, 100, status, reason)]
            assert said in refused(store), name
        bigquery.rules.clear()
        moved(store, bigquery)


def test_where_cleaning_up_fails_the_rows_are_moved_again(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    with filled(tmp_path / "data", bigquery.url, Patience(5, 0, 0, 5, 0.001)) as store:
        bigquery.rules.append(Rule("tables.delete", status=403, reason="accessDenied"))
        assert ROLES in refused(store)
        assert in_bigquery(bigquery) == EXPECTED
        moved(store, bigquery)


@pytest.mark.parametrize("kind", ["load", "query"])
def test_a_job_that_ends_with_an_error(
    tmp_path: Path, bigquery: LoopbackBigQuery, kind: str
) -> None:
    with filled(tmp_path / "data", bigquery.url) as store:
        bigquery.jobs.failing[kind] = "resourcesExceeded"
        assert "a job of BigQuery's failed (resourcesExceeded)" in refused(store)
        assert in_bigquery(bigquery) == {}
        moved(store, bigquery)


def test_what_bigquery_says_of_a_row_is_not_passed_on(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    """The table lacks the column's place, and BigQuery's message quotes what stood in it."""
    with opened(tmp_path / "data", bigquery.url) as store:
        store.put(row(1, LAST, modules=[{"name": "acme_canary", "count": "acme_canary"}]))
        with pytest.raises(BigQueryError) as found:
            store.compact(NOW)
    (error,) = (job.error for job in bigquery.jobs.known.values() if job.error)
    assert "acme_canary" in error["message"]
    assert "a job of BigQuery's failed (invalid)" in str(found.value)
    assert "acme" not in str(found.value)


def test_a_job_that_hangs_is_seen_to_by_the_next_run(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    bigquery.jobs.looks = 1000
    with filled(tmp_path / "data", bigquery.url, Patience(5, 5, 0, 0, 0.001)) as store:
        assert "a job of BigQuery's is not done yet" in refused(store)
        assert "a job of BigQuery's is not done yet" in refused(store)  # it waits for that first
        assert len(bigquery.jobs.known) == 1
        bigquery.run_pending()
        bigquery.jobs.looks = 0
    with opened(tmp_path / "data", bigquery.url) as store:
        moved(store, bigquery)


def test_nobody_waits_any_more_once_it_is_interrupted(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    bigquery.jobs.looks = 10**9
    with filled(tmp_path / "data", bigquery.url, Patience(job=10**9)) as store:
        store.interrupt()
        assert "is not done yet" in refused(store)


def test_nobody_listens(tmp_path: Path) -> None:
    with nobody_listens() as url, filled(tmp_path / "data", url, Patience(5, 0, 0)) as store:
        assert "BigQuery cannot be reached (ConnectionError)" in refused(store)
        assert store.put(row(9, NOW))


def test_a_dataset_that_is_not_there(tmp_path: Path) -> None:
    with LoopbackBigQuery() as bigquery:
        with filled(tmp_path / "data", bigquery.url) as store:
            assert NOT_THERE in refused(store)
            bigquery.dataset("some-project", "reports", "us-east1")
            moved(store, bigquery)
        assert {location for _, location, _ in bigquery.jobs.known} == {"us-east1"}


def test_a_request_that_arrives_after_all(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    """The collector gave it up, forgot a site, and did without; it must not bring the site back."""
    with filled(tmp_path / "data", bigquery.url, Patience(5, 0, 0, 5, 0.001)) as store:
        bigquery.rules.append(Rule("jobs.insert", held=True))
        assert "cannot be reached" in refused(store)
        store.delete(site(1))
        store.compact(NOW)
        assert bigquery.release() == [409]
        bigquery.run_pending()
        assert everywhere(bigquery, store).keys() == EXPECTED.keys() - {("2026-W47", site(1))}


def test_deletion_survives_that_bigquery_is_away(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    root, quick = tmp_path / "data", Patience(5, 0, 0, 5, 0.001)
    with filled(root, bigquery.url) as store:
        moved(store, bigquery)
    bigquery.rules.append(Rule("*", 10**9))
    for _ in range(2):  # also over a restart
        with opened(root, bigquery.url, patience=quick) as store:
            store.forget(site(1))
            with pytest.raises(BigQueryError, match="cannot be reached"):
                store.erase()
            store.put(row(1, LAST, 11))  # it reports again: that stays here meanwhile
            with pytest.raises(BigQueryError, match="cannot be reached"):
                store.compact(NOW)
            assert contents(store) == {("2026-W47", site(1)): 11}
    bigquery.rules.clear()
    with opened(root, bigquery.url) as store:
        store.erase()
        assert ("2026-W47", site(1)) not in in_bigquery(bigquery)
        store.compact(NOW)
        assert store.depth() == 0
    assert in_bigquery(bigquery) == {**EXPECTED, ("2026-W47", site(1)): 11}


def test_a_forgotten_sites_id_stands_in_no_job(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    """BigQuery keeps a job's description for months; tables are gone when their rows are."""
    with filled(tmp_path / "data", bigquery.url) as store:
        moved(store, bigquery)
        store.delete(site(1))
    described = repr([job.resource() for job in bigquery.jobs.known.values()])
    asked = repr(bigquery.asked)
    for written in (site(1).hex(), repr(site(1))[2:-1], to_base64(site(1))[:20]):
        assert written not in described + asked
    assert list(bigquery.tables.resources) == [TABLE]


def test_the_spools_old_rows_go_while_bigquery_is_away(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    bigquery.rules.append(Rule("*", 10**9))
    with filled(tmp_path / "data", bigquery.url, Patience(5, 0, 0)) as store:
        store.put(row(9, NOW + 10 * WEEK))
        with pytest.raises(BigQueryError, match="cannot be reached"):
            store.retain(60, NOW + 10 * WEEK)
        assert store.depth() == 1


def test_staging_tables_go_by_themselves(tmp_path: Path, bigquery: LoopbackBigQuery) -> None:
    with filled(tmp_path / "data", bigquery.url) as store:
        store.compact(NOW)
    staged = [
        each.body
        for each in bigquery.asked
        if each.name == "tables.insert" and "staging" in each.body["tableReference"]["tableId"]
    ]
    assert len(staged) == 1
    assert int(staged[0]["expirationTime"]) > 0
