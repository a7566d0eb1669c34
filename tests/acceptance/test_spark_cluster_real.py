"""Spark on a real cluster: DuckDB's every number, nothing readable outside, and no endless wait."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.engines.duckdb.engine import engine as duckdb
from dropsonde.aggregation.engines.expressions import TABLE
from dropsonde.aggregation.engines.spark import cluster as waiting
from dropsonde.aggregation.engines.spark import rows
from dropsonde.aggregation.engines.spark.engine import engine as spark
from dropsonde.aggregation.engines.spark.master import Master
from dropsonde.aggregation.engines.sql import in_week
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.collector import vocabulary_file
from dropsonde.common.errors import EngineError
from dropsonde.demo import world
from tests.real.java import javas, listening
from tests.real.odd_week import COUNTED, WEEK, compared, fill
from tests.real.processes import free_port
from tests.real.spark_cluster import MEMORY, SECRET, SparkCluster, spark_cluster
from tests.support.patience import PATIENCE
from tests.support.vocabularies import file_of
from tests.unit.aggregation.guard.judged import shipped
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from pyspark.sql import Row

    from dropsonde.aggregation.engines.duckdb.engine import DuckDB
    from dropsonde.aggregation.engines.spark.engine import Spark

pytestmark = pytest.mark.real

PLANS = shipped()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a, b") / "d[x]*{y},'z %41 \u00e9"
    fill(path)
    (path / vocabulary_file.NAME).write_bytes(file_of(world.published()))
    return path


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SparkCluster]:
    with spark_cluster(tmp_path, workers=2) as found:
        yield found


@contextlib.contextmanager
def both(
    data: Path, cluster: SparkCluster, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[DuckDB, Spark]]:
    monkeypatch.setenv("SPARK_EXECUTOR_MEMORY", MEMORY)
    master = Master(cluster.url, SECRET)
    with duckdb(data, NEWEST) as first, spark(data, NEWEST, master, PLANS[1:]) as second:
        yield first, second


def contents(cluster: SparkCluster) -> bytes:
    """All that the cluster's programs have written."""
    return b"".join(path.read_bytes() for path in cluster.place.rglob("*") if path.is_file())


def test_a_cluster_gives_every_row_that_duckdb_gives_and_tells_nobody(
    data: Path, cluster: SparkCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with both(data, cluster, monkeypatch) as (first, second):
        for plan in reversed(PLANS):  # the last needs a column that was not sent before
            assert compared(first, second, plan, Unit.MODULE), plan.name
        assert not {"ip", "message_id", "timestamp"} & set(second.session.table(TABLE).columns)
        for week, sites in ((WEEK, COUNTED), ("2026-W46", 0), (WEEK, COUNTED)):
            assert [first.sites(week), second.sites(week)] == [sites, sites]
        (driver,) = (java for java in javas() if b"pyspark-shell" in arguments(java))
        assert listening(driver) == {"127.0.0.1"}
        executors = [java for worker in cluster.workers for java in javas(worker.pid)]
        assert len(executors) == 2  # both workers took part
        for java in (*javas(), *executors):
            assert SECRET.encode() not in arguments(java)
        written = contents(cluster)
        assert b"Successfully registered with driver" in written  # executors' logs are there
        assert b"only-after" not in written
        # Columns that no query names, too, and every value as it was.
        sent = rows.sent(second.view, second.view.columns, WEEK, second.session, second.place)
        names = [column.name for column in second.view.columns]
        assert sent.columns == names
        found = second.view.connection.execute(f"FROM {TABLE} WHERE {in_week(WEEK)}").fetchall()
        told = [dict(zip(names, row, strict=True)) for row in found]
        assert sorted(map(plain, sent.collect()), key=site) == sorted(told, key=site)
        assert not list((data / "scratch").rglob("*.json"))


def plain(row: Row) -> dict[str, Any]:
    """A row of Spark's as DuckDB gives it."""
    values = row.asDict(recursive=True)
    return {**values, "timestamp": values["timestamp"].astimezone(timezone.utc)}


def site(row: dict[str, Any]) -> bytes:
    value = row["site_id"]
    assert isinstance(value, bytes)
    return value


def arguments(java: Path) -> bytes:
    return (java / "cmdline").read_bytes()


def test_the_other_worker_counts_when_one_dies_and_then_nobody(
    data: Path, cluster: SparkCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, last = PLANS[0], PLANS[1]
    with both(data, cluster, monkeypatch) as (first, second):
        compared(first, second, plan, Unit.MODULE)  # workers keep the rows
        cluster.workers[0].kill()
        compared(first, second, plan, Unit.MODULE)
        compared(first, second, last, Unit.MODULE)
        monkeypatch.setattr(waiting, "_PATIENCE", 2.0)
        cluster.workers[1].kill()
        with pytest.raises(EngineError, match=r"^spark://127\.0\.0\.1:\d+: no worker could run "):
            second.count(plan, WEEK, Unit.MODULE, {})


def test_what_a_cluster_refuses_is_one_line(
    data: Path, cluster: SparkCluster, tmp_path: Path
) -> None:
    nowhere = f"spark://127.0.0.1:{free_port()}"
    (tmp_path / "plain").mkdir()
    with (
        spark_cluster(tmp_path / "plain", 0, spark_network_crypto_enabled="false") as plain,
        contextlib.ExitStack() as stack,
    ):
        absent = "cannot be reached (ConnectionRefusedError): "
        unlike = "Spark cannot be started on"
        cases = {
            f"{nowhere} {absent}": (nowhere, SECRET, MEMORY),
            f"{unlike} {cluster.url} (": (cluster.url, "x" * 16, MEMORY),
            f"{unlike} {plain.url} (": (plain.url, SECRET, MEMORY),
            f"{cluster.url}: no worker could run anything for 60 s": (cluster.url, SECRET, "600m"),
        }
        programs = {}
        for at, (expected, case) in enumerate(cases.items()):
            shutil.copytree(data, tmp_path / f"data{at}")  # one directory has one collector
            program = started(tmp_path / f"data{at}", tmp_path / f"out{at}", *case)
            programs[expected] = stack.enter_context(program)
        for expected, program in programs.items():
            out, err = program.communicate(timeout=PATIENCE)
            assert program.returncode == 29
            assert out.startswith("the noise hides one module ")
            assert out.count("\n") == 1
            assert err.startswith(f"dropsonde-collector: {expected}")
            assert err.count("\n") == 1
            assert SECRET not in err
    assert not list(tmp_path.glob("out*/*.json"))
    assert {path.name for path in tmp_path.glob("data*/scratch/*")} == {"lock"}


def started(data: Path, out: Path, master: str, secret: str, memory: str) -> subprocess.Popen[str]:
    words = ("aggregate", "--week", WEEK, "--accept-clock", "--data", data, "--out", out)
    spark_there = {"DROPSONDE_SPARK_SECRET": secret, "SPARK_EXECUTOR_MEMORY": memory}
    return subprocess.Popen(
        (
            *(sys.executable, "-m", "dropsonde.cli.collector", *words),
            *("--engine", "spark", "--spark-master", master),
        ),
        env={**os.environ, **spark_there},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
