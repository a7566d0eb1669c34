"""Making releases: one a week, paid before its noise, and nothing paid that cannot be drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from dropsonde.aggregation import cells
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.common.errors import (
    AlreadyReleasedError,
    BudgetSpentError,
    CollectorBusyError,
    ConfigError,
    LedgerError,
    StoreUnavailableError,
    WeekOpenError,
)
from tests.unit.aggregation.made import MODULES, NEXT, WEEK, Made, paid, usage
from tests.unit.aggregation.test_release import write_former


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def test_a_release_is_what_its_cells_show(made: Made) -> None:
    release = made.release()
    assert (release.sites, release.sites_week) == (500, 500)
    assert release.tables["module_usage"].rows == (
        ("acme-apache", 400, 0.1, 400),
        ("acme-ntp", 212, 0.1, 212),
        ("other-apache", 25, 0.1, 25),
    )
    assert release.tables["environments_per_site"].rows[0][:2] == (2, 500)
    assert release.cells == cells.digest(made.out / f"{WEEK}{cells.SUFFIX}")
    assert paid(made) == [WEEK]


def test_nothing_is_left_but_what_is_public(made: Made) -> None:
    made.release()
    assert sorted(path.name for path in made.out.iterdir()) == [
        f"{WEEK}.cells.parquet",
        f"{WEEK}.json",
    ]
    assert {path.name for path in made.data.rglob("*") if path.is_file()} <= {
        "ledger.json",
        "ledger.lock",
        "lock",
    }
    assert {path.stat().st_mode & 0o777 for path in made.out.iterdir()} == {0o600}


def test_a_week_is_released_once(made: Made) -> None:
    made.release()
    write_former(made.out, "2026-W40.1", None)
    write_former(made.out, "2026-W46.2", None)
    for week in (WEEK, "2026-W40", "2026-W46"):
        with pytest.raises(AlreadyReleasedError, match=f"{week} is released already: a week is"):
            made.release(week)
    assert paid(made) == [WEEK]


def test_weeks_that_former_versions_released_without_noise_are_named(made: Made) -> None:
    write_former(made.out, "2026-W40.1", None)
    write_former(made.out, "2026-W41.1", 1.0)
    former = {"week": "2026-W41", "number": 1, "rho": 0.01, "delta": 1e-8}
    (made.data / "ledger.json").write_text(json.dumps({"spent": [former]}))
    release = made.release()
    assert release.method.without_noise == ("2026-W40",)
    assert paid(made) == ["2026-W41", WEEK]


def test_former_noise_that_is_in_no_ledger_stops_everything(made: Made) -> None:
    write_former(made.out, "2026-W41.1", 1.0)
    with pytest.raises(LedgerError, match="payment for 2026-W41"):
        made.release()


def test_an_unfinished_week_is_not_counted(made: Made) -> None:
    made.now = datetime(2026, 11, 23, 0, 59, tzinfo=timezone.utc)
    with pytest.raises(WeekOpenError, match="release it from 2026-11-23 01:00"):
        made.release()
    assert (made.steps, paid(made)) == ([], [])


def test_one_aggregation_at_a_time(made: Made) -> None:
    with made.releasing.alone(), pytest.raises(CollectorBusyError), made.releasing.alone():
        pass


def test_weeks_out_of_order_are_shown_with_those_before_them(made: Made) -> None:
    """One that is released late is shown with weeks before it, and joins the later ones."""
    sites = {"2026-W45": 100, WEEK: 300, "2026-W46": 500, NEXT: 700}
    found = {}
    for week, number in sites.items():
        made.groups = {"module_usage": usage(ntp=number)}
        made.now = datetime(2026, 12, 7, tzinfo=timezone.utc)
        ((_, mean, _, alone),) = made.release(week).tables["module_usage"].rows
        found[week] = (mean, alone)
    assert found == {
        "2026-W45": (100, 100),
        WEEK: (200, 300),
        "2026-W46": (300, 500),
        NEXT: (400, 700),
    }
    assert [each.week for each in made.public] == sorted(sites)


def test_what_fails_before_the_noise_costs_nothing(made: Made) -> None:
    def no_vocabulary() -> Mapping[str, Any]:
        raise ConfigError("there is none", "make one")

    with pytest.raises(ConfigError):
        replace(made, modules=no_vocabulary).release()

    class Unreadable(Made):
        def count(self, *_: Any) -> Any:
            raise StoreUnavailableError("the disk fails", "look at it")

    with pytest.raises(StoreUnavailableError):
        Unreadable(made.root).release()
    assert paid(made) == []
    assert list(made.out.iterdir()) == []


def test_what_fails_after_some_noise_is_paid_and_leaves_nothing(made: Made) -> None:
    class Failing(Made):
        def count(self, plan: Any, *rest: Any) -> Any:
            if plan.among:
                raise StoreUnavailableError("the disk fails", "look at it")
            return super().count(plan, *rest)

    with pytest.raises(StoreUnavailableError):
        Failing(made.root).release()
    assert paid(made) == [WEEK]
    assert list(made.out.iterdir()) == []
    made.release()
    assert paid(made) == [WEEK, WEEK]


def test_a_spent_budget_refuses(made: Made) -> None:
    made.queries = ("environments_per_site",)
    made.year = Budget(2.0, 1e-6)
    made.now = datetime(2027, 12, 7, tzinfo=timezone.utc)
    names = (f"2026-W{week:02}" for week in range(1, 53))
    spent = [made.releasing.make(week, made.out).method.year_epsilon for week in names]
    assert spent == sorted(set(spent))
    assert spent[-1] == pytest.approx(2.0)
    with pytest.raises(BudgetSpentError, match="the budget is 2: wait until earlier releases are"):
        made.release("2026-W52")
    made.release("2027-W01")  # the 53rd week in a row
    assert len(paid(made)) == 53


def test_a_group_of_a_module_that_is_new_is_shown_with_its_own_weeks(made: Made) -> None:
    made.groups = {"module_usage": usage(ntp=100)}
    made.modules = lambda: {"acme-ntp": MODULES["acme-ntp"]}
    made.release("2026-W46")
    made.groups = {"module_usage": usage(ntp=200, apache=300)}
    made.modules = lambda: MODULES
    rows = made.release(WEEK).tables["module_usage"].rows
    assert [row[:2] for row in rows] == [("acme-apache", 300), ("acme-ntp", 150)]
    made.modules = lambda: {"acme-apache": MODULES["acme-apache"]}  # one is not published any more
    made.now += timedelta(weeks=1)
    rows = made.release(NEXT).tables["module_usage"].rows
    assert [row[0] for row in rows] == ["acme-apache"]
