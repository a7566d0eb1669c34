"""A made-up data directory: counts that a test changes, and real noise, cells and releases."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import history
from dropsonde.aggregation.releasing import Releasing
from dropsonde.aggregation.weekly import Weekly
from dropsonde.collector.vocabulary_file import Published
from tests.unit.aggregation.engines.sites import COLUMNS, PLANS

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Release

    Groups = Mapping[tuple[Any, ...], int]

WEEK, NEXT = "2026-W47", "2026-W48"
QUERIES = {plan.name: plan for plan in PLANS}
SOME = ("module_usage", "module_majors", "module_pairs", "environments_per_site")
MODULES = {
    slug: Published(frozenset({"1.0.0", "2.0.0"}), frozenset())
    for slug in ("acme-apache", "acme-ntp", "acme-stdlib", "other-apache")
}
# So large that its noise hardly shows in numbers of sites.
LOUD = Budget(20_000.0, 1e-6)


def usage(**sites: int) -> dict[tuple[Any, ...], int]:
    """Groups of module_usage, by the name of a module of acme's."""
    return {(f"acme-{name}",): number for name, number in sites.items()}


@dataclass
class Made:
    """A data directory.

    Args:
        root: an empty directory.
        now: the time.
        sites: those of every week that count.
        groups: of each table, with their numbers of sites, in every week.
        queries: the names of the tables.
        year: the budget.
        unit: what the noise hides.
        steps: what was done.
        asked: table to the values among which it was counted last.
    """

    root: Path
    now: datetime = datetime(2026, 12, 1, 12, 0, tzinfo=timezone.utc)
    sites: int = 500
    groups: dict[str, Groups] = field(
        default_factory=lambda: {
            "module_usage": {**usage(apache=400, ntp=212, stdlib=3), ("other-apache",): 25},
            "module_majors": {("acme-apache", "1"): 300, ("acme-ntp", "2"): 212},
            "module_pairs": {("acme-apache", "acme-ntp"): 200},
            "environments_per_site": {(2,): 500},
        }
    )
    queries: Sequence[str] = SOME
    modules: Callable[[], Mapping[str, Published]] = lambda: MODULES
    year: Budget = LOUD
    unit: Unit = Unit.MODULE
    steps: list[str] = field(default_factory=list)
    asked: dict[str, Mapping[str, Collection[Any]]] = field(default_factory=dict)

    def count(
        self, plan: Plan, week: str, unit: Unit, among: Mapping[str, Collection[Any]]
    ) -> dict[tuple[Any, ...], tuple[int, ...]]:
        assert unit is self.unit
        self.steps.append(f"count {plan.name} of {week}")
        self.asked[plan.name] = among
        return {
            keys: (number * LATTICE, *(number * LATTICE for _ in plan.sums))
            for keys, number in self.groups.get(plan.name, {}).items()
        }

    def sites_of(self, week: str) -> int:
        self.steps.append(f"sites of {week}")
        return self.sites

    @contextlib.contextmanager
    def opened(self) -> Iterator[_Engine]:
        yield _Engine(self)

    @property
    def data(self) -> Path:
        path = self.root / "data"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @property
    def out(self) -> Path:
        path = self.root / "out"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @property
    def plans(self) -> list[Plan]:
        return [QUERIES[name] for name in self.queries]

    @property
    def releasing(self) -> Releasing:
        return Releasing(
            self.data, self.root / "out", self.opened, self.plans, COLUMNS, self.modules,
            lambda: self.now, self.unit, self.year,
        )  # fmt: skip

    def release(self, week: str = WEEK) -> Release:
        """Make a week's release and save it."""
        found = self.releasing.make(week, self.out)
        found.save(self.out)
        return found

    def did(self, step: str) -> list[str]:
        self.steps.append(step)
        return [step]

    @property
    def weekly(self) -> Weekly:
        return Weekly(
            self.releasing,
            lambda: self.did("close"),
            lambda: self.steps.append(f"publish {[each.week for each in self.public]}"),
            lambda: self.did("drop"),
        )

    @property
    def public(self) -> tuple[Release, ...]:
        return history(self.root / "out")


@dataclass(frozen=True)
class _Engine:
    of: Made

    def count(
        self, plan: Plan, week: str, unit: Unit, among: Mapping[str, Collection[Any]]
    ) -> dict[tuple[Any, ...], tuple[int, ...]]:
        return self.of.count(plan, week, unit, among)

    def sites(self, week: str) -> int:
        return self.of.sites_of(week)


def paid(made: Made) -> list[str]:
    """The weeks that the ledger has a payment of."""
    path = made.data / "ledger.json"
    return (
        [each["week"] for each in json.loads(path.read_bytes())["spent"]] if path.exists() else []
    )
