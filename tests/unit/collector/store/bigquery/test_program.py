"""The program with `--store`, in processes of its own, as its administrator meets it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from dropsonde.collector.store import Store
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from tests.support.waiting import wait_for
from tests.unit.cli.collector.test_commands import LONG_AGO, complaint, run
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, SITE_ID, report, to_bytes
from tests.unit.collector.store.bigquery.moving import STORE, TABLE, standing_in
from tests.unit.collector.web.serving import JSON, Program, deletion

if TYPE_CHECKING:
    from tests.doubles.bigquery import LoopbackBigQuery

WEEK = week_of(LONG_AGO)
COUNT = "SELECT count(*) AS n FROM community_metrics"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with a report of three weeks ago."""
    path = tmp_path / "data"
    with Store.open(path, NEWEST, utc_now) as store:
        store.put(INTAKE.take(to_bytes(report(COLUMNS)), LONG_AGO, "id").row)
    return path


def test_finished_weeks_are_moved_into_bigquery(data: Path, bigquery: LoopbackBigQuery) -> None:
    compact = ("compact", "--data", str(data), "--store", STORE)
    moved = run(*compact)
    assert (moved.code, moved.out, moved.err) == (0, f"moved {WEEK} into {STORE}\n", "")
    assert run(*compact).out == "nothing to do\n"
    assert bigquery.tables.rows(TABLE, "week, hex(site_id), environment_count") == [
        (WEEK, SITE_ID.upper(), 3)
    ]
    resource = bigquery.tables.resources[TABLE]
    assert resource["timePartitioning"]["expirationMs"] == str((60 + 7) * 86_400_000)


def test_whoever_reads_here_is_told_what_is_there(data: Path, bigquery: LoopbackBigQuery) -> None:
    assert run("compact", "--data", str(data), "--store", STORE).code == 0
    for arguments in (("query", COUNT, "--format", "json"), ("export", str(data / "x"))):
        found = run(*arguments, "--data", str(data))
        assert found.code == 0
        assert complaint(found) == (
            f"finished weeks are in {STORE}: ask BigQuery's own tools for them"
        )
    assert len(bigquery.tables.rows(TABLE)) == 1


def test_a_directory_whose_weeks_are_in_bigquery_is_not_used_without(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    assert run("compact", "--data", str(data), "--store", STORE).code == 0
    copy = tmp_path / "copy"
    assert run("backup", str(copy), "--data", str(data)).code == 0
    asked = len(bigquery.asked)
    for directory in (data, copy):
        for other in ((), ("--store", "bigquery://other-project/reports")):
            result = run("compact", "--data", str(directory), *other)
            assert result.code == 20
            assert f"give --store {STORE}" in complaint(result)
    assert len(bigquery.asked) == asked


def test_a_refusal_is_one_line_and_28(data: Path) -> None:
    with standing_in() as found:
        other = "bigquery://some-project/missing"
        result = run(
            "compact", "--data", str(data), "--store", other, BIGQUERY_EMULATOR_HOST=found.url
        )
    assert (result.code, result.out) == (28, "")
    assert complaint(result).startswith(
        f"{other}: BigQuery answers 404 (Not Found, notFound): make the dataset"
    )
    assert '{"n": 1}' in run("query", COUNT, "--format", "json", "--data", str(data)).out


def test_without_credentials_it_says_how_to_get_some(data: Path, tmp_path: Path) -> None:
    nowhere = {"HOME": str(tmp_path), "NO_GCE_CHECK": "true", "CLOUDSDK_CONFIG": str(tmp_path)}
    arguments = ("compact", "--data", str(data), "--store", STORE)
    result = run(*arguments, **nowhere, GOOGLE_APPLICATION_CREDENTIALS="")
    assert (result.code, result.out) == (3, "")
    assert "run `gcloud auth application-default login`" in complaint(result)
    broken = tmp_path / "key.json"
    broken.write_text('{"type": "service_account"}')
    result = run(*arguments, **nowhere, GOOGLE_APPLICATION_CREDENTIALS=str(broken))
    assert (result.code, result.out) == (3, "")
    assert "run `gcloud auth application-default login`" in complaint(result)


def test_without_its_extra_it_says_what_to_install(data: Path, tmp_path: Path) -> None:
    (tmp_path / "hidden" / "google").mkdir(parents=True)
    missing = "raise ModuleNotFoundError(name='google.cloud')"
    (tmp_path / "hidden" / "google" / "__init__.py").write_text(missing)
    hidden = {"PYTHONPATH": str(tmp_path / "hidden")}
    result = run("compact", "--data", str(data), "--store", STORE, **hidden)
    assert result.code == 1
    assert (
        complaint(result) == "google.cloud is missing: run `pip install '.[bigquery]'` in a clone"
    )
    assert run("compact", "--data", str(data), **hidden).code == 0  # it is imported for that alone


@pytest.mark.parametrize(
    "store",
    [
        "bigquery://some-project",
        "bigquery://some-project/",
        "bigquery://some-project/a/b",
        "bigquery://some-project/a`b",
        "bigquery://Some/reports",
        "bigquery://x/reports",
        "some-project/reports",
        "spark://some-project/reports",
    ],
)
def test_a_store_that_is_none_is_one_line_and_2(store: str) -> None:
    result = run("compact", "--data", "x", "--store", store)
    assert result.code == 2
    assert "bigquery://PROJECT/DATASET is wanted" in complaint(result)


def test_a_collector_goes_on_while_bigquery_refuses_and_moves_rows_when_it_does_not(
    data: Path, tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    dataset = "bigquery://some-project/later"
    path, headers = deletion(bytes(64))
    with Program(tmp_path, "--store", dataset) as collector:
        answer = httpx.post(collector.url, content=to_bytes(report(COLUMNS)), headers=JSON)
        assert answer.status_code == 200
        assert httpx.delete(collector.url + path, headers=headers).status_code == 204
        answer = httpx.post(collector.url, content=to_bytes(report(COLUMNS)), headers=JSON)
        assert answer.status_code == 200
        wait_for(lambda: any(each.name == "datasets.get" for each in bigquery.asked))  # the upkeep
        code, said = collector.ended(signal.SIGTERM)
    assert code == 0
    assert set(said.splitlines()) == {
        (
            f"dropsonde-collector: {dataset}: BigQuery answers 404 (Not Found, notFound): make the "
            "dataset, or correct --store; nothing is lost, and the next run tries again"
        )
    }
    bigquery.dataset("some-project", "later")
    assert data.exists()
    with Program(tmp_path, "--store", dataset) as collector:
        table = "some-project.later.community_metrics"
        wait_for(lambda: "timePartitioning" in bigquery.tables.resources.get(table, {}))
        assert collector.ended(signal.SIGTERM) == (0, "")
    assert bigquery.tables.rows(table) == []  # the site was forgotten; its new report waits
