"""`aggregate` and `weekly` on a real data directory."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.engines.counting import counting
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.aggregation.release import Role, history
from dropsonde.aggregation.releasing import KEY, LEDGER
from dropsonde.cli.collector.aggregate_command import aggregate
from dropsonde.cli.collector.parser import build_parser
from dropsonde.cli.collector.releases import releasing_of
from dropsonde.cli.collector.weekly_command import weekly
from dropsonde.collector.store import Store
from dropsonde.collector.store.remote_state import Note
from dropsonde.common.errors import (
    AlreadyReleasedError,
    BudgetSpentError,
    ClockError,
    HeldBackError,
    UsageError,
)
from tests.unit.cli.collector.test_commands import complaint, run
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, report, to_bytes

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=timezone.utc)
SITES = 40


PLANS = [
    plan
    for query in load()
    if query.name == "class_usage" and (plan := judge(query, NEWEST).plan) is not None
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Reports of 40 sites in the week before, and of 400 in this one."""
    path = tmp_path / "data"
    with Store.open(path, NEWEST, lambda: MONDAY) as store:
        for days, sites in ((4, SITES), (0, 10 * SITES)):
            for number in range(sites):
                made = {**report(COLUMNS), "site_id": f"{number:0128x}"}
                store.put(INTAKE.take(to_bytes(made), MONDAY - timedelta(days=days), "id").row)
    return path


def parts(data: Path, *words: str, now: datetime = MONDAY) -> tuple[Any, Releasing]:
    arguments = build_parser().parse_args(
        [*words, "--data", str(data), "--out", str(data.parent / "out")]
    )
    count = counting(lambda plans: engine(data, NEWEST, plans), PLANS)
    return arguments, releasing_of(arguments, count, lambda: now)


def test_a_week_is_aggregated_from_a_data_directory(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert aggregate(*parts(data, "aggregate", "--week", "2026-W47")) == 0
    out = capfdbinary.readouterr().out.decode()
    (release,) = history(tmp_path / "out")
    (found,) = release.tables.values()
    assert release.sites == SITES
    assert {row[found.place(Role.SITES)] for row in found.rows} == {SITES}
    assert found.rows
    assert out == (
        f"{tmp_path}/out/2026-W47.1.json: 1 tables, {len(found.rows)} groups, 40 sites; "
        "without noise\n"
    )
    with pytest.raises(AlreadyReleasedError):
        aggregate(*parts(data, "aggregate", "--week", "2026-W47"))
    assert aggregate(*parts(data, "aggregate", "--week", "2026-W47", "--correct")) == 0
    assert [each.number for each in history(tmp_path / "out")] == [2]


def test_noise_is_asked_for_by_options(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    noise = ("--week", "2026-W47", "--epsilon", "3", "--delta", "1e-6")
    arguments, releasing = parts(data, "aggregate", *noise, "--year-epsilon", "4")
    assert aggregate(arguments, releasing) == 0
    assert b"; \xce\xb5 = 3, in its year " in capfdbinary.readouterr().out
    arguments.correct = True
    with pytest.raises(BudgetSpentError):
        list(map(aggregate, [arguments] * 10, [releasing] * 10))
    spent = json.loads((data / "ledger.json").read_bytes())["spent"]
    assert 1 <= len(spent) < 10


def test_a_backup_knows_what_was_spent(data: Path, tmp_path: Path) -> None:
    noise = ("--week", "2026-W47", "--epsilon", "3", "--delta", "1e-6")
    aggregate(*parts(data, "aggregate", *noise))
    assert run("backup", str(tmp_path / "copy"), "--data", str(data)).code == 0
    for name in (KEY, LEDGER):
        assert (tmp_path / "copy" / name).read_bytes() == (data / name).read_bytes()


@pytest.mark.parametrize(
    "wrong",
    [("--epsilon", "1"), ("--delta", "1e-6"), ("--epsilon", "0", "--delta", "1e-6"),
     ("--epsilon", "1", "--delta", "1e-6", "--year-delta", "2")],
)  # fmt: skip
def test_options_for_noise_that_do_not_fit_are_refused(data: Path, wrong: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        parts(data, "aggregate", *wrong)


def test_the_week_is_released_moved_and_dropped(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    published: list[int] = []

    def publish() -> None:
        published.append(len(history(tmp_path / "out")))

    words = ("weekly", "--week", "2026-W47", "--retain", "9")
    assert weekly(*parts(data, *words), publish) == 0
    assert capfdbinary.readouterr().out.startswith(b"2026-W47: public since 2026-11-23T03:00 UTC")
    assert published == [1]
    assert [path.name for path in (data / "dataset").glob("week=*")] == ["week=2026-W47"]
    later = MONDAY + timedelta(weeks=1)
    words = ("weekly", "--week", "2026-W48", "--retain", "6")
    with pytest.raises(ClockError):
        weekly(*parts(data, *words, now=later), publish)
    with pytest.raises(HeldBackError, match="400 sites after 40"):
        weekly(*parts(data, *words, "--accept-clock", now=later), publish)
    assert published == [1]
    assert weekly(*parts(data, *words, "--release-anyway", now=later), publish) == 0
    assert published == [1, 2]
    record = json.loads((data / "weekly/2026-W48.json").read_bytes())
    assert record["dropped"] == ["2026-W47"]
    assert [path.name for path in (data / "dataset").glob("week=*")] == ["week=2026-W48"]


def test_a_running_collector_keeps_its_store_up_by_itself(data: Path, tmp_path: Path) -> None:
    with Store.open(data, NEWEST, lambda: MONDAY):
        assert weekly(*parts(data, "weekly", "--week", "2026-W47"), lambda: None) == 0
    assert len(history(tmp_path / "out")) == 1


@pytest.mark.parametrize("week", ["2026-47", "2026-W54", "now"])
def test_a_week_that_is_none_is_said(week: str) -> None:
    result = run("aggregate", "--data", "x", "--out", "y", "--week", week)
    assert result.code == 2
    assert "a week such as 2026-W47 is wanted" in complaint(result)


@pytest.mark.slow  # the others have no pyspark
@pytest.mark.parametrize("missing", ["pyspark", "py4j"])
def test_without_its_extra_spark_says_what_to_install(
    data: Path, tmp_path: Path, missing: str
) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / f"{missing}.py").write_text(
        f"raise ModuleNotFoundError(name='{missing}.x')"
    )
    hidden = {"PYTHONPATH": str(tmp_path / "hidden")}
    out = str(tmp_path / "out")
    words = ("aggregate", "--week", "2026-W47", "--data", str(data), "--out", out, "--accept-clock")
    result = run(*words, "--engine", "spark", **hidden)
    assert result.code == 1
    assert complaint(result) == f"{missing}.x is missing: run `pip install '.[spark]'` in a clone"
    assert run(*words, **hidden).code == 0  # it is imported for that alone


@pytest.mark.slow
@pytest.mark.parametrize("home", ["", "/nowhere"])
def test_without_java_spark_says_what_to_install(data: Path, tmp_path: Path, home: str) -> None:
    out = str(tmp_path / "out")
    words = ("aggregate", "--week", "2026-W47", "--data", str(data), "--out", out, "--accept-clock")
    result = run(*words, "--engine", "spark", PATH=str(tmp_path), JAVA_HOME=home)
    assert (result.code, result.out) == (3, "")
    assert complaint(result).startswith("Spark needs Java, and there is none: install openjdk-17-")


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        ((), 2, "--spark-master is for Spark: give --engine spark, too"),
        (("--engine", "duckdb"), 2, "--spark-master is for Spark: give --engine spark, too"),
        (("--engine", "spark"), 3, "DROPSONDE_SPARK_SECRET is not set, and spark://h:7077 needs"),
    ],
)
def test_a_spark_master_without_what_it_needs_is_one_line(
    data: Path, tmp_path: Path, words: tuple[str, ...], code: int, what: str
) -> None:
    for command in ("aggregate", "weekly"):
        out = ("--data", str(data), "--out", str(tmp_path / "out"))
        result = run(
            *(command, "--week", "2026-W47", *out, *words, "--spark-master", "spark://h:7077"),
            DROPSONDE_SPARK_SECRET="",
        )
        assert (result.code, result.out) == (code, "")
        assert complaint(result).startswith(what)
    assert not (tmp_path / "out").exists()


def test_a_spark_master_that_is_none_is_said() -> None:
    words = ("aggregate", "--data", "x", "--out", "y", "--engine", "spark")
    result = run(*words, "--spark-master", "yarn")
    assert result.code == 2
    assert "spark://HOST:PORT of a standalone cluster, local[*] or local[N]" in complaint(result)


def test_no_engine_counts_only_what_is_left_here(data: Path, tmp_path: Path) -> None:
    Note("bigquery://some-project/reports").write(data)
    words = ("--week", "2026-W47", "--data", str(data), "--out", str(tmp_path / "out"))
    for command in ("aggregate", "weekly"):
        for name in ("duckdb", "spark"):
            result = run(command, *words, "--engine", name)
            assert (result.code, result.out) == (20, "")
            assert complaint(result).startswith(
                f"the finished weeks of {data} are in bigquery://some-project/reports: "
            )
    assert not (tmp_path / "out").exists()
