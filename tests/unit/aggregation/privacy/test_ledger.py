"""The ledger: no order of events, no kill and no second process lets a budget be overspent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.privacy.ledger import YEAR, Entry, Ledger, dearest
from dropsonde.aggregation.privacy.loss import Budget, Loss, epsilon, total
from dropsonde.aggregation.release import Method, Release
from dropsonde.aggregation.releasing import LEDGER
from dropsonde.common.errors import BudgetSpentError, LedgerError
from tests.unit.aggregation.made import WEEK

YEARS = Budget(8.0, 1e-5)
LOSS = Loss(0.2, 1e-7)


def week(number: int) -> str:
    year, of_it, _ = datetime.fromordinal(number * 7 + 738_000).isocalendar()
    return f"{year}-W{of_it:02}"


def most_in_a_row(entries: tuple[Entry, ...]) -> float:
    """By brute force, from the first day of each week."""
    days = [datetime.strptime(f"{each.week}-1", "%G-W%V-%u").toordinal() for each in entries]  # noqa: DTZ007
    return max(
        epsilon(
            total(
                each.loss
                for each, day in zip(entries, days, strict=True)
                if 0 <= day - first < 7 * YEAR
            ),
            YEARS.delta,
        )
        for first in days
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 120), st.floats(0.01, 0.6)), min_size=1, max_size=12))
def test_no_52_weeks_cost_more_than_the_budget(wishes: list[tuple[int, float]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ledger = Ledger(Path(directory) / LEDGER)
        for number, rho in wishes:
            before = ledger.entries()
            entry = Entry(week(number), 1, Loss(rho, 1e-7))
            try:
                cost = ledger.pay(entry, YEARS)
            except BudgetSpentError:
                assert ledger.entries() == before
                assert epsilon(dearest((*before, entry), entry.week), YEARS.delta) > YEARS.epsilon
            else:
                assert ledger.entries() == (*before, entry)
                assert cost.epsilon <= YEARS.epsilon
        entries = ledger.entries()
        assert not entries or most_in_a_row(entries) <= YEARS.epsilon


def test_a_payment_counts_for_52_weeks_on_each_side() -> None:
    entry = Entry(week(100), 1, LOSS)
    assert dearest((entry,), week(100 + YEAR - 1)) == LOSS
    assert dearest((entry,), week(100 - YEAR + 1)) == LOSS
    assert dearest((entry,), week(100 + YEAR)) == (0, 0)
    assert dearest((entry,), week(100 - YEAR)) == (0, 0)


def test_the_same_release_drawn_again_is_paid_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    once = ledger.pay(Entry(WEEK, 1, LOSS), YEARS)
    assert ledger.pay(Entry(WEEK, 1, LOSS), YEARS).epsilon > once.epsilon


def test_a_delta_can_be_spent_too(tmp_path: Path) -> None:
    with pytest.raises(BudgetSpentError, match="cost δ = 1e-05 and more, and the budget is 1e-05"):
        Ledger(tmp_path / LEDGER).pay(Entry(WEEK, 1, Loss(0.01, 1e-5)), YEARS)
    assert not (tmp_path / LEDGER).exists()


DAMAGE = [
    b"", b"{", b"[]", b"{}", b'{"spent": [1]}', b'{"spent": [{"week": "2026-W47"}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": -1, "delta": 0}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": NaN, "delta": 0}]}',
    b'{"spent": [{"week": "2026-W47", "number": 1, "rho": "0", "delta": 0}]}',
    b'{"spent": [{"week": "2026-W99", "number": 1, "rho": 0, "delta": 0}]}',
]  # fmt: skip


@pytest.mark.parametrize("data", DAMAGE)
def test_a_damaged_ledger_stops_everything(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / LEDGER
    path.write_bytes(data)
    with pytest.raises(LedgerError, match="damaged"):
        Ledger(tmp_path / LEDGER).pay(Entry(WEEK, 1, LOSS), YEARS)
    assert path.read_bytes() == data


def test_a_release_that_nobody_paid_for_stops_everything(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / LEDGER)
    made = Release(WEEK, datetime.now(timezone.utc), Method(epsilon=1, delta=1e-7), 1, {})
    with pytest.raises(LedgerError, match="payment for 2026-W47"):
        ledger.check([made])
    ledger.pay(Entry(WEEK, 1, LOSS), YEARS)
    ledger.check([made, replace(made, week="2026-W46", method=Method())])
    with pytest.raises(LedgerError):
        ledger.check([replace(made, number=2)])


PAYING = """
import sys
from pathlib import Path
from dropsonde.aggregation.privacy.ledger import Entry, Ledger
from dropsonde.aggregation.privacy.loss import Budget, Loss
from dropsonde.common.errors import BudgetSpentError
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    try:
        Ledger(Path(sys.argv[1]) / "ledger.json").pay(
            Entry(f"2026-W{number % 50 + 1:02}", number + 1, Loss(0.05, 1e-8)), Budget(8.0, 1e-5)
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
        assert most_in_a_row(entries) <= YEARS.epsilon
    assert epsilon(total([*(each.loss for each in entries), Loss(0.05, 1e-8)]), 1e-5) > 8.0


def test_the_ledger_can_be_read_by_people(tmp_path: Path) -> None:
    Ledger(tmp_path / LEDGER).pay(Entry(WEEK, 1, LOSS), YEARS)
    document = json.loads((tmp_path / LEDGER).read_bytes())
    assert document == {"spent": [{"week": WEEK, "number": 1, "rho": 0.2, "delta": 1e-7}]}
