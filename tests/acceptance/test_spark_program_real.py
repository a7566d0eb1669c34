"""Spark as the program's user meets it: quiet, gone afterwards, and one line when it fails."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dropsonde.aggregation.release import Role, load
from dropsonde.collector.store import Store
from dropsonde.demo.rows import published, rows
from tests.real.java import javas
from tests.support.patience import PATIENCE
from tests.unit.aggregation.guard.judged import shipped
from tests.unit.collector.intake.reports import NEWEST

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
SITES = 30
HEAD = "# Dropsonde vocabulary 1\n# forge: https://forgeapi.puppet.com\n# since: 2025-11-01\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    with Store.open(path, NEWEST, lambda: NOW) as store:
        for row in rows(NEWEST, random.Random(1), SITES, NOW):
            store.put(replace(row, timestamp=NOW - timedelta(weeks=1)))
            store.put(row)
    releases = sorted(
        f"{slug}\t{version}\t2025-11-20T09:31:07Z\t{' '.join(sorted(module.classes))}\n"
        for slug, module in published().items()
        for version in module.versions
    )
    (path / "vocabulary.txt").write_text(HEAD + "".join(releases))
    return path


def started(data: Path, out: Path, engine: str) -> subprocess.Popen[str]:
    """The program, on a machine whose name nobody knows."""
    return subprocess.Popen(
        [
            *("unshare", "--uts", "sh", "-c", 'hostname nowhere.invalid; exec "$@"', "sh"),
            *(sys.executable, "-m", "dropsonde.cli.collector", "aggregate", "--week", "2026-W47"),
            *("--data", data, "--out", out, "--engine", engine, "--accept-clock"),
            *("--unit", "module", "--epsilon-year", "10000"),  # hardly any noise
        ],
        env={**os.environ, "TMPDIR": str(data.parent)},
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(program: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code, and what is said after the line on the noise."""
    with program:
        out, err = program.communicate(timeout=PATIENCE)
    if out.startswith("the noise hides one module "):
        out = out.partition("\n")[2]
    return program.returncode, out or err


def the_java_of(program: subprocess.Popen[str]) -> Path:
    until = time.monotonic() + PATIENCE
    while not (found := javas(program.pid)):
        assert program.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)
    return found[0]


def test_spark_releases_what_duckdb_releases_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    # What noise shows in one week and not in another decides of what others are counted.
    counted_among = {plan.name for plan in shipped() if plan.among}
    sites = []
    for engine in ("spark", "duckdb"):
        out = tmp_path / engine
        code, said = ended(started(data, out, engine))
        assert (code, said.partition(":")[0]) == (0, f"{out}/2026-W47.json")
        release = load(out / "2026-W47.json")
        assert abs(release.sites - SITES) <= 1 + release.sites_error
        (data / "ledger.json").unlink()  # so that the other one may spend as much
        sites.append(
            {
                (name, *row[: table.keys]): (
                    row[table.place(Role.SITES)],
                    row[table.place(Role.ERROR)],
                )
                for name, table in release.tables.items()
                if name not in counted_among
                for row in table.rows
            }
        )
    assert {name for name, *_ in sites[0]} >= {"module_usage", "agents"}
    for keys, (one, error) in (sites[1] | sites[0]).items():
        for each in sites:  # a group of ten may be shown by one alone
            other, _ = each.get(keys, (10, 0.0))
            assert abs(one - other) <= 1 + 4 * error  # rounding, and over five deviations of both
    assert {path.name for path in tmp_path.iterdir()} - before == {"spark", "duckdb"}
    assert [path.name for path in (data / "scratch").iterdir()] == ["lock"]


def test_a_java_that_dies_is_one_line(data: Path, tmp_path: Path) -> None:
    program = started(data, tmp_path / "out", "spark")
    java = the_java_of(program)
    until = time.monotonic() + PATIENCE
    while not list((data / "scratch").glob("*/*.parquet")):  # it counts
        assert time.monotonic() < until
        time.sleep(0.1)
    os.kill(int(java.name), signal.SIGKILL)
    code, said = ended(program)
    assert code == 29
    assert said.startswith("dropsonde-collector: Spark cannot count the week (")
    assert said.count("\n") == 1
    assert list((tmp_path / "out").glob("*.json")) == []
    assert [path.name for path in (data / "scratch").iterdir()] == ["lock"]


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL])
def test_java_ends_with_the_program(data: Path, tmp_path: Path, kind: signal.Signals) -> None:
    program = started(data, tmp_path / "out", "spark")
    java = the_java_of(program)
    program.send_signal(kind)
    code, said = ended(program)
    assert code == {signal.SIGINT: 130, signal.SIGKILL: -9}[kind]
    assert "Traceback" not in said
    until = time.monotonic() + PATIENCE
    while java.exists():
        assert time.monotonic() < until
        time.sleep(0.1)
