"""The ledger: no order of events, no kill and no second process lets a budget be overspent."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.privacy.budget import YEAR, noise, weekly
from dropsonde.aggregation.privacy.ledger import Entry, Ledger, dearest
from dropsonde.aggregation.privacy.loss import Budget, epsilon
from dropsonde.aggregation.privacy.unit import PARTS, Part, Unit
from dropsonde.aggregation.releasing import LEDGER
from dropsonde.cli.collector.options import DELTA_YEAR, EPSILON_YEAR
from dropsonde.common.errors import BudgetSpentError, LedgerError
from tests.unit.aggregation.engines.sites import PLANS

YEARS = Budget(8.0, 1e-5)
WEEK = "2026-W47"
RHO = {Part.MODULE: 0.2, Part.REST: 0.1}


def week(number: int) -> str:
    year, of_it, _ = datetime.fromordinal(number * 7 + 738_000).isocalendar()
    return f"{year}-W{of_it:02}"


def most_in_a_row(entries: tuple[Entry, ...], unit: Unit) -> float:
    """By brute force, from the first day of each week."""
    days = [datetime.strptime(f"{each.week}-1", "%G-W%V-%u").toordinal() for each in entries]  # noqa: DTZ007
    return max(
        epsilon(
            math.fsum(
                each.cost(part)
                for each, day in zip(entries, days, strict=True)
                if 0 <= day - first < 7 * YEAR
            ),
            YEARS.delta,
        )
        for first in days
        for part in PARTS[unit]
    )


rhos = st.floats(0.01, 0.6)
losses = st.fixed_dictionaries({Part.MODULE: rhos, Part.REST: rhos}) | st.fixed_dictionaries(
    {Part.SITE: rhos}
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 120), losses), min_size=1, max_size=12))
def test_no_52_weeks_cost_more_than_the_budget(wishes: list[tuple[int, dict[Part, float]]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger(Path(directory) / LEDGER)
        for number, rho in wishes:
            before = ledger.entries()
            entry = Entry(week(number), rho)
            try:
                cost = ledger.pay(entry, Unit.MODULE, YEARS)
            except BudgetSpentError:
                assert ledger.entries() == before
                dear = dearest((*before, entry), entry.week, Unit.MODULE)
                assert epsilon(dear, YEARS.delta) > YEARS.epsilon
            else:
                assert ledger.entries() == (*before, entry)
                assert cost <= YEARS.epsilon
        entries = ledger.entries()
        assert not entries or most_in_a_row(entries, Unit.MODULE) <= YEARS.epsilon


def test_a_payment_counts_for_52_weeks_on_each_side() -> None:
    entry = Entry(week(100), RHO)
    for inside in (100 + YEAR - 1, 100 - YEAR + 1):
        assert dearest((entry,), week(inside), Unit.MODULE) == 0.2
    for outside in (100 + YEAR, 100 - YEAR):
        assert dearest((entry,), week(outside), Unit.MODULE) == 0


def test_parts_of_a_unit_do_not_add_up(tmp_path: Path) -> None:
    both = Ledger(tmp_path / "both.json").pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)
    alone = {Part.MODULE: 0.2, Part.REST: 0.0}
    assert both == Ledger(tmp_path / "one.json").pay(Entry(WEEK, alone), Unit.MODULE, YEARS)


def test_a_release_for_sites_costs_every_part_of_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    ledger.pay(Entry("2026-W46", {Part.SITE: 0.2}), Unit.SITE, YEARS)
    assert ledger.pay(Entry(WEEK, RHO), Unit.MODULE, YEARS) == epsilon(0.4, YEARS.delta)


def test_no_budget_for_sites_holds_after_a_release_for_modules(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    ledger.pay(Entry("2026-W46", RHO), Unit.MODULE, YEARS)
    with pytest.raises(BudgetSpentError, match="ε = inf"):
        ledger.pay(Entry(WEEK, {Part.SITE: 0.01}), Unit.SITE, YEARS)


def test_the_same_release_drawn_again_is_paid_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    once = ledger.pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)
    assert ledger.pay(Entry(WEEK, RHO), Unit.MODULE, YEARS) > once


def test_a_years_weeks_and_one_more_fit_the_budget(tmp_path: Path) -> None:
    ledger, rho = Ledger(tmp_path / LEDGER), weekly(YEARS)
    entries = [Entry(week(number), {Part.SITE: rho}) for number in range(YEAR + 1)]
    spent = [ledger.pay(entry, Unit.SITE, YEARS) for entry in entries]
    assert spent[-2:] == [pytest.approx(YEARS.epsilon)] * 2
    with pytest.raises(BudgetSpentError, match="the budget is 8"):
        ledger.pay(Entry(week(YEAR), {Part.SITE: rho}), Unit.SITE, YEARS)


DAMAGE = [
    b"", b"{", b"[]", b"{}", b'{"spent": [1]}', b'{"spent": [{"week": "2026-W47"}]}',
    b'{"spent": [{"week": "2026-W47", "rho": {}}]}',
    b'{"spent": [{"week": "2026-W47", "rho": {"site": -1}}]}',
    b'{"spent": [{"week": "2026-W47", "rho": {"site": NaN}}]}',
    b'{"spent": [{"week": "2026-W47", "rho": {"acme": 1}}]}',
    b'{"spent": [{"week": "2026-W99", "rho": {"site": 1}}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": -0.1, "delta": 0}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": 0.1, "delta": NaN}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": 0.1, "delta": "x"}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": [0.1], "delta": 0}]}',
]  # fmt: skip


@pytest.mark.parametrize("data", DAMAGE)
def test_a_damaged_ledger_stops_everything(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / LEDGER
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="damaged"):
        Ledger(tmp_path / LEDGER).pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)
    assert path.read_bytes() == data


def test_a_release_that_nobody_paid_for_stops_everything(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    with pytest.raises(LedgerError, match="payment for 2026-W47"):
        ledger.check([WEEK])
    ledger.pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)
    ledger.check([WEEK])
    with pytest.raises(LedgerError, match="payment for 2026-W46"):
        ledger.check([WEEK, "2026-W46"])


FORMER = {"week": "2026-W46", "number": 1, "rho": 0.2, "delta": 0.0}


def former_ledger(directory: Path, **change: float) -> Ledger:
    """A ledger as a former version wrote it."""
    path = directory / LEDGER
    path.write_text(json.dumps({"spent": [{**FORMER, **change}]}, indent=1))
    return Ledger(path)


@pytest.mark.parametrize("unit", Unit)
def test_a_former_payment_is_one_for_sites(tmp_path: Path, unit: Unit) -> None:
    ledger = former_ledger(tmp_path)
    ledger.check(["2026-W46"])
    parts = dict.fromkeys(PARTS[unit], 0.3)
    assert ledger.pay(Entry(WEEK, parts), unit, YEARS) == epsilon(0.5, YEARS.delta)
    first, second = ledger.entries()
    assert first == Entry("2026-W46", {Part.SITE: 0.2})
    assert second == Entry(WEEK, parts)


def test_the_delta_of_former_payments_is_spent(tmp_path: Path) -> None:
    ledger = former_ledger(tmp_path, delta=4e-6)
    assert ledger.pay(Entry(WEEK, RHO), Unit.MODULE, YEARS) == epsilon(0.4, 6e-6)
    assert [each.delta for each in ledger.entries()] == [4e-6, 0.0]  # also once it is written anew
    assert ledger.pay(Entry(week(200), RHO), Unit.MODULE, YEARS) == epsilon(0.2, YEARS.delta)


def test_a_delta_that_is_spent_allows_nothing(tmp_path: Path) -> None:
    with pytest.raises(BudgetSpentError, match="of δ, earlier ones have spent 1e-05"):
        former_ledger(tmp_path, delta=1e-5).pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)


@pytest.mark.parametrize("unit", Unit)
def test_the_default_budget_never_refuses_a_week(tmp_path: Path, unit: Unit) -> None:
    year = Budget(EPSILON_YEAR[unit.value], DELTA_YEAR)
    rho = noise(PLANS, unit, weekly(year)).rho
    ledger = Ledger(tmp_path / LEDGER)
    for number in range(2 * YEAR + 2):
        assert ledger.pay(Entry(week(number), rho), unit, year) <= year.epsilon
    with pytest.raises(BudgetSpentError, match="wait until earlier releases are a year old"):
        ledger.pay(Entry(week(YEAR), rho), unit, year)


PAYING = """
import sys
from pathlib import Path
from dropsonde.aggregation.privacy.ledger import Entry, Ledger
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Part, Unit
from dropsonde.common.errors import BudgetSpentError
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    try:
        Ledger(Path(sys.argv[1]) / "ledger.json").pay(
            Entry(f"2026-W{number % 50 + 1:02}", {Part.SITE: 0.05}), Unit.SITE, Budget(8.0, 1e-5)
        )
    except BudgetSpentError:
        print("spent", flush=True)
    else:
        print("paid", flush=True)
"""


def paying(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PAYING, str(directory)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_processes_at_once_and_kills_do_not_overspend(tmp_path: Path) -> None:
    """What a process said that it paid stands in the ledger, whoever was killed when."""
    said = 0
    entries: tuple[Entry, ...] = ()
    for kill in (0.02, 0.05, 0.09, None):
        processes = [paying(tmp_path) for _ in range(2)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        if kill is not None:
            time.sleep(kill)
            os.kill(processes[0].pid, signal.SIGKILL)
        said += sum(process.communicate()[0].splitlines().count("paid") for process in processes)
        entries = Ledger(tmp_path / LEDGER).entries()
        assert said <= len(entries)
        assert most_in_a_row(entries, Unit.SITE) <= YEARS.epsilon
    assert epsilon(0.05 * (len(entries) + 1), 1e-5) > 8.0


def test_the_ledger_can_be_read_by_people(tmp_path: Path) -> None:
    Ledger(tmp_path / LEDGER).pay(Entry(WEEK, RHO), Unit.MODULE, YEARS)
    document = json.loads((tmp_path / LEDGER).read_bytes())
    assert document == {"spent": [{"week": WEEK, "rho": {"module": 0.2, "rest": 0.1}}]}
