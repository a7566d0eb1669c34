"""`aggregate` and `weekly` on a real data directory."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.cells import DEVIATIONS, WEEKS
from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.ledger import Entry, Ledger
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Part, Unit
from dropsonde.aggregation.release import Role, history
from dropsonde.aggregation.releasing import LEDGER
from dropsonde.cli.collector.aggregate_command import aggregate
from dropsonde.cli.collector.options import DELTA_YEAR, EPSILON_YEAR
from dropsonde.cli.collector.parser import build_parser
from dropsonde.cli.collector.releases import plans, releasing_of
from dropsonde.cli.collector.weekly_command import weekly
from dropsonde.collector.store import Store
from dropsonde.collector.store.remote_state import Note
from dropsonde.common.errors import (
    AlreadyReleasedError,
    BudgetSpentError,
    ClockError,
    ConfigError,
    HeldBackError,
)
from tests.unit.cli.collector.test_commands import complaint, run
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, report, to_bytes

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=timezone.utc)
WEEK = ("--week", "2026-W47")
SITES = 40
DOCS = Path(__file__).resolve().parents[4] / "docs/collector.md"
QUERIES = {"module_usage", "class_usage"}
# So much that the noise is less than a site.
EXACT = ("--epsilon-year", "10000")
VOCABULARY = """# Dropsonde vocabulary 1
# forge: https://forge.example.test
# since: -
puppetlabs-apache\t12.1.0\t2025-05-12T12:09:50Z\tapache apache::mod::ssl
puppetlabs-ntp\t11.0.0\t2025-11-20T09:31:07Z\tntp ntp::config
saz-ssh\t1.0.0\t2025-11-20T09:31:07Z\tssh
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An old report, 400 sites a week later, 40 of them in the next, and all in the one after."""
    path = tmp_path / "data"
    with Store.open(path, NEWEST, lambda: MONDAY) as store:
        for days, sites in ((18, 1), (11, 10 * SITES), (4, SITES), (0, 10 * SITES)):
            for number in range(sites):
                made = {**report(COLUMNS), "site_id": f"{number:0128x}"}
                store.put(INTAKE.take(to_bytes(made), MONDAY - timedelta(days=days), "id").row)
    (path / "vocabulary.txt").write_text(VOCABULARY)
    return path


def parts(data: Path, *words: str, now: datetime = MONDAY) -> tuple[Any, Releasing]:
    arguments = build_parser().parse_args(
        [*words, "--data", str(data), "--out", str(data.parent / "out")]
    )
    releasing = releasing_of(arguments, lambda: now)
    few = [plan for plan in releasing.plans if plan.name in QUERIES]
    return arguments, replace(releasing, plans=few)


def test_a_week_in_which_no_site_counts_is_not_paid(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert aggregate(*parts(data, "aggregate", "--week", "2026-W45")) == 0
    told = capfdbinary.readouterr().out.decode().splitlines()[-1]
    assert told == (
        "2026-W45: nothing is released: "
        "a site counts from the second week in which it reports, and none does yet"
    )
    assert not (tmp_path / "out").exists()
    assert not Ledger(data / LEDGER).entries()


def test_a_week_is_aggregated_from_a_data_directory(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert aggregate(*parts(data, "aggregate", *WEEK, *EXACT)) == 0
    cost, told = capfdbinary.readouterr().out.decode().splitlines()
    (release,) = history(tmp_path / "out")
    found = release.tables["class_usage"]
    numbers = [row[found.place(Role.SITES)] for row in found.rows]
    assert len(numbers) == 2
    assert all(abs(number - SITES) < 5 for number in (release.sites, *numbers))
    shown = sum(len(table.rows) for table in release.tables.values())
    spent = release.method.year_epsilon
    assert told == (
        f"{tmp_path}/out/2026-W47.json: 2 tables, {shown} groups, {release.sites} sites; "
        f"its year has cost ε = {spent:.2f} of 10000"
    )
    assert cost.startswith("the noise hides one module of a site, or what the site says of itself")
    with pytest.raises(AlreadyReleasedError, match="a week is released once"):
        aggregate(*parts(data, "aggregate", *WEEK))


@pytest.mark.parametrize("unit", ["module", "site"])
def test_a_unit_has_its_own_budget_and_the_release_says_both(
    data: Path, tmp_path: Path, unit: str
) -> None:
    assert aggregate(*parts(data, "aggregate", *WEEK, "--unit", unit)) == 0
    (release,) = history(tmp_path / "out")
    assert (release.method.unit, release.method.epsilon) == (unit, EPSILON_YEAR[unit])
    assert release.method.delta == DELTA_YEAR
    (entry,) = Ledger(data / LEDGER).entries()
    assert entry.rho.keys() == ({Part.SITE} if unit == "site" else {Part.MODULE, Part.REST})


def said(out: bytes) -> str:
    """What is said of the cost."""
    (line,) = (line for line in out.decode().splitlines() if line.startswith("the noise hides "))
    return line


@pytest.mark.parametrize("command", ["aggregate", "weekly"])
def test_both_say_first_what_a_week_costs_and_that_the_budget_never_ends(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes], command: str
) -> None:
    run_it = partial(weekly, publish=lambda: None) if command == "weekly" else aggregate
    assert run_it(*parts(data, command, *WEEK)) == 0
    line = said(capfdbinary.readouterr().out)
    assert line.endswith("; it lasts for every week, without end")
    assert f"\n    {line}\n" in DOCS.read_text(encoding="utf-8")


def test_to_hide_sites_needs_six_times_the_sites_as_the_help_says() -> None:
    made = list(plans(NEWEST))
    needed = {
        unit: budget.noise(
            made, unit, budget.weekly(Budget(EPSILON_YEAR[unit.value], DELTA_YEAR))
        ).scales["module_usage"]
        for unit in Unit
    }
    assert round(needed[Unit.SITE] / needed[Unit.MODULE]) == 6
    shares = {unit: DEVIATIONS * scale / math.sqrt(WEEKS) / 5000 for unit, scale in needed.items()}
    assert 0.03 < shares[Unit.SITE] < 0.045  # what docs/collector.md says
    assert 0.0055 < shares[Unit.MODULE] < 0.0075


def test_what_is_said_of_the_budget_is_what_the_ledger_allows(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    dear = 0.1  # as rho, for a budget that has less for a whole year
    Ledger(data / LEDGER).pay(
        Entry("2026-W40", {Part.SITE: dear}), parts(data, "weekly")[1].unit, Budget(9, 1e-6)
    )
    arguments, releasing = parts(data, "aggregate", *WEEK, "--epsilon-year", "2.5")
    assert aggregate(arguments, releasing) == 0
    (weeks,) = re.findall(
        r"; with what other weeks have cost, it lasts for (\d+) in a row",
        said(capfdbinary.readouterr().out),
    )
    ledger = Ledger(data / LEDGER)
    first, paid = ledger.entries()
    monday = date.fromisocalendar(2026, 47, 1)
    following = (monday + timedelta(weeks=number) for number in range(1, 53))
    more = [paid._replace(week=f"{day:%G-W%V}") for day in following][: int(weeks)]
    for each in more[:-1]:
        ledger.pay(each, releasing.unit, releasing.year)
    with pytest.raises(BudgetSpentError, match=r"and the budget is 2\.5"):
        ledger.pay(more[-1], releasing.unit, releasing.year)
    assert 1 < len(more) < 52
    assert first.week == "2026-W40"


@pytest.mark.parametrize("command", ["aggregate", "weekly"])
def test_after_releases_that_hid_modules_no_site_is_said_to_be_hidden(
    data: Path, command: str
) -> None:
    hid = {Part.MODULE: 1e-6, Part.REST: 1e-6}
    module = parts(data, command)[1].unit
    Ledger(data / LEDGER).pay(Entry("2026-W40", hid), module, Budget(2, 1e-6))
    run_it = partial(weekly, publish=lambda: None) if command == "weekly" else aggregate
    with pytest.raises(BudgetSpentError) as refused:
        run_it(*parts(data, command, *WEEK, "--unit", "site"))
    assert str(refused.value) == (
        "2026-W47: 2026-W40 hid modules of sites, and no year with it hides a whole site: "
        "go on with --unit module, or release with --unit site from 2027-W39 on"
    )
    assert len(Ledger(data / LEDGER).entries()) == 1


def test_a_directory_of_a_version_that_released_without_noise_goes_on(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "out").mkdir()
    for name, epsilon in (("2026-W44.1", None), ("2026-W45.1", 1.0), ("2026-W45.2", None)):
        former = {"week": name[:8], "method": {"epsilon": epsilon}, "tables": {}}
        (tmp_path / f"out/{name}.json").write_text(json.dumps(former))
    (data / "bounding.key").write_bytes(bytes(32))
    assert aggregate(*parts(data, "aggregate", *WEEK)) == 0
    assert (
        capfdbinary.readouterr()
        .out.decode()
        .endswith(" of 2, but 2 weeks to 2026-W45 had no noise, and of them nothing holds\n")
    )
    with pytest.raises(AlreadyReleasedError):
        aggregate(*parts(data, "aggregate", "--week", "2026-W45"))


def test_what_a_former_version_has_spent_counts(
    data: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    former = {"week": "2026-W45", "number": 1, "rho": 0.02, "delta": 5e-7}
    (data / LEDGER).write_text(json.dumps({"spent": [former] * 2}))
    with pytest.raises(BudgetSpentError, match="wait until earlier releases are a year old, or"):
        aggregate(*parts(data, "aggregate", *WEEK))
    assert capfdbinary.readouterr().out == b""
    more = ("--epsilon-year", "4", "--delta-year", "2e-6")
    assert aggregate(*parts(data, "aggregate", *WEEK, *more)) == 0
    assert re.search(r"it lasts for \d+ in a row$", said(capfdbinary.readouterr().out))


def test_without_a_vocabulary_nothing_is_spent_and_it_says_how_to_make_one(data: Path) -> None:
    (data / "vocabulary.txt").unlink()
    with pytest.raises(ConfigError, match="there is no vocabulary") as refused:
        aggregate(*parts(data, "aggregate", *WEEK))
    assert "dropsonde-collector vocabulary" in refused.value.advice
    assert Ledger(data / LEDGER).entries() == ()


def test_another_vocabulary_can_be_named(data: Path, tmp_path: Path) -> None:
    other = (data / "vocabulary.txt").rename(tmp_path / "other.txt")
    assert aggregate(*parts(data, "aggregate", *WEEK, "--vocabulary", str(other))) == 0


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        (("--epsilon", "1"), "--epsilon-year and --delta-year set a year's budget"),
        (("--delta=1e-7",), "--epsilon-year and --delta-year set a year's budget"),
        (("--year-epsilon", "10"), "it is --epsilon-year now"),
        (("--year-delta", "1e-5"), "it is --delta-year now"),
        (("--correct",), "a week is released once"),
    ],
)
@pytest.mark.parametrize("command", ["aggregate", "weekly"])
def test_an_option_that_is_gone_says_what_to_do(
    command: str, option: tuple[str, ...], advice: str
) -> None:
    result = run(command, "--data", "x", "--out", "y", *option)
    assert (result.code, result.out) == (2, "")
    name = option[0].partition("=")[0]
    assert complaint(result).startswith(f"argument {name}: it was removed: ")
    assert advice in complaint(result)
    assert name not in run(command, "--help").out.split()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("--epsilon-year", "0"), "a number above 0, to 10000, is wanted"),
        (("--epsilon-year", "-1"), "a number above 0, to 10000, is wanted"),
        (("--epsilon-year", "nan"), "a number above 0, to 10000, is wanted"),
        (("--epsilon-year", "inf"), "a number above 0, to 10000, is wanted"),
        (("--delta-year", "0"), "a number between 0 and 1 is wanted"),
        (("--delta-year", "1"), "a number between 0 and 1 is wanted"),
        (("--delta-year", "x"), "a number between 0 and 1 is wanted"),
        (("--unit", "node"), "invalid choice: 'node'"),
    ],
)
def test_a_budget_that_is_none_is_said(words: tuple[str, ...], wanted: str) -> None:
    result = run("weekly", "--data", "x", "--out", "y", *words)
    assert (result.code, result.out) == (2, "")
    assert complaint(result).startswith(f"argument {words[0]}: {wanted}")


def test_a_backup_knows_what_was_spent(data: Path, tmp_path: Path) -> None:
    aggregate(*parts(data, "aggregate", *WEEK))
    (data / "bounding.key").write_bytes(bytes(32))  # as former versions had; nothing reads it
    assert run("backup", str(tmp_path / "copy"), "--data", str(data)).code == 0
    for name in (LEDGER, "vocabulary.txt"):
        assert (tmp_path / "copy" / name).read_bytes() == (data / name).read_bytes()
    assert not (tmp_path / "copy/bounding.key").exists()


def test_a_backup_of_a_former_version_goes_on(data: Path, tmp_path: Path) -> None:
    assert run("backup", str(tmp_path / "copy"), "--data", str(data)).code == 0
    (tmp_path / "copy/bounding.key").write_bytes(bytes(32))
    assert aggregate(*parts(tmp_path / "copy", "aggregate", *WEEK)) == 0
    assert len(history(tmp_path / "out")) == 1


def test_the_week_is_released_moved_and_dropped(
    data: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    published: list[int] = []

    def publish() -> None:
        published.append(len(history(tmp_path / "out")))

    assert weekly(*parts(data, "weekly", *WEEK, *EXACT, "--retain", "14"), publish) == 0
    told = capfdbinary.readouterr().out.splitlines()
    assert told[-1] == b"2026-W47: public since 2026-11-23T03:00 UTC"
    assert published == [1]
    later = MONDAY + timedelta(weeks=1)
    words = ("weekly", "--week", "2026-W48", *EXACT, "--retain", "14")
    with pytest.raises(ClockError):
        weekly(*parts(data, *words, now=later), publish)
    with pytest.raises(HeldBackError, match=r"^2026-W48 is held back: \d+ sites after \d+"):
        weekly(*parts(data, *words, "--accept-clock", now=later), publish)
    assert published == [1]
    assert weekly(*parts(data, *words, "--release-anyway", now=later), publish) == 0
    assert published == [1, 2]
    record = json.loads((data / "weekly/2026-W47.json").read_bytes())
    assert record["dropped"] == ["2026-W45"]
    left = sorted(path.name for path in (data / "dataset").glob("week=*"))
    assert left == ["week=2026-W46", "week=2026-W47", "week=2026-W48"]
    capfdbinary.readouterr()
    assert weekly(*parts(data, *words, now=later), publish) == 0  # it costs nothing any more
    assert capfdbinary.readouterr().out == b"2026-W48: public since 2026-11-30T03:00 UTC\n"


def test_a_running_collector_keeps_its_store_up_by_itself(data: Path, tmp_path: Path) -> None:
    with Store.open(data, NEWEST, lambda: MONDAY):
        assert weekly(*parts(data, "weekly", *WEEK), lambda: None) == 0
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
    assert result.code == 3
    assert result.out.startswith("the noise hides one module ")
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
