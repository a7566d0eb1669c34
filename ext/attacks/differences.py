"""Attacks by subtraction: part and whole, week and next week, release and its correction."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.aggregation.privacy import noise
from dropsonde.aggregation.privacy.correction import compare
from dropsonde.aggregation.privacy.k_anonymity import anonymous
from dropsonde.aggregation.release import K, Release
from dropsonde.common.errors import CorrectionRefusedError
from ext.attacks.views import exact, seen
from ext.attacks.world import tables, world

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.privacy.loss import Budget
    from ext.attacks.views import View

_WHENEVER = datetime(2026, 11, 23, tzinfo=timezone.utc)


class Claims(NamedTuple):
    """The claims of an attacker.

    Attributes:
        made: the number of claims.
        true: how many of them were true.
        secrets: how many secrets there were.
    """

    made: int
    true: int
    secrets: int

    def __str__(self) -> str:
        share = f", {self.true / self.made:.0%} true" if self.made else ""
        found = f"{self.true / self.secrets:.1%} of {self.secrets:,} found"
        return f"{found}; {self.made:,} claims{share}"


def reconstruction(
    chance: random.Random,
    weeks: int,
    sites: int,
    view: Callable[[Sequence[Counted], int], View],
) -> Claims:
    """How many sites have the only version that is missing below a module? Nothing else is known.

    The attacker claims a number only if it can be that of a private group.
    """
    made = true = secrets = 0
    for _ in range(weeks):
        week = world(chance, sites)
        counted = week.counted(member=True)
        size = week.sites(member=True)
        truth, told = exact(counted, size), view(counted, size)
        missing: defaultdict[str, list[str]] = defaultdict(list)
        rest = {group[1]: told[group] for group in told if group[0] == "modules"}
        for table, *keys in truth:
            if table == "versions" and keys[0] in rest:
                module, version = keys
                if (table, module, version) in told:
                    rest[module] -= told[(table, module, version)]
                else:
                    missing[module].append(version)
        secrets += sum(count < K for group, count in truth.items() if group[0] == "versions")
        for module, versions in missing.items():
            if len(versions) == 1 and 0 < rest[module] < K:
                made += 1
                true += truth[("versions", module, versions[0])] == rest[module]
    return Claims(made, true, secrets)


def noisy_view(budget: Budget) -> Callable[[Sequence[Counted], int], View]:
    """Make a view of what is public with noise."""
    plan = noise.plan(tables([]), budget)

    def view(counted: Sequence[Counted], sites: int) -> View:
        _, told, found = noise.noisy(counted, sites, plan)
        return seen(told, found)

    return view


def next_week(
    chance: random.Random,
    weeks: int,
    sites: int,
    view: Callable[[Sequence[Counted], int], View],
) -> Claims:
    """Which groups is the only new site in? The attacker claims each group that grew.

    All other sites report the same as the week before, which is the best case for the attacker.
    """
    made = true = secrets = 0
    for _ in range(weeks):
        week = world(chance, sites)
        before, after = (
            view(week.counted(member=member), week.sites(member=member)) for member in (False, True)
        )
        own = exact(tables([week.target]), 1)
        grown = [group for group in after if after[group] > before.get(group, 0)]
        secrets += len(own)
        made += len(grown)
        true += sum(group in own for group in grown)
    return Claims(made, true, secrets)


def corrections(chance: random.Random, weeks: int, sites: int, *, compared: bool) -> Claims:
    """Does a correction show the one late report, and its groups?"""
    made = true = secrets = 0
    for _ in range(weeks):
        week = world(chance, sites)
        own = exact(tables([week.target]), 1)
        secrets += len(own)
        early, late = (
            _release(week.counted(member=member), week.sites(member=member), number)
            for number, member in ((1, False), (2, True))
        )
        if compared:
            try:
                compare(early, late)
            except CorrectionRefusedError:
                continue
        was, now = (seen(each.sites, each.tables) for each in (early, late))
        grown = [group for group in now if now[group] > was.get(group, 0)]
        made += len(grown)
        true += sum(group in own for group in grown)
    return Claims(made, true, secrets)


def _release(counted: Sequence[Counted], sites: int, number: int) -> Release:
    method, told, found = anonymous(counted, sites)
    return Release("2026-W47", _WHENEVER, method, told, found, number)
