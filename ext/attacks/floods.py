"""Floods of made-up sites, fast and slow, and who compares weeks: through the real weekly run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.aggregation.privacy.loss import right
from dropsonde.aggregation.privacy.unit import Part, Unit
from ext.attacks.membership import released
from ext.attacks.scores import most
from ext.attacks.year import Year

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.loss import Budget

_A_WEEK = 3  # made-up sites of a slow flood
_NETWORKS, _OF_EACH = 30, 100  # of a flood
_FLOOD_WEEKS = 4


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        attack: what is tried.
        guards: the unit, and the year's ε.
        result: what comes of it.
        allowed: the most that the noise allows any attacker.
    """

    attack: str
    guards: str
    result: str
    allowed: str


class Size(NamedTuple):
    """How much is played.

    Attributes:
        modules: of the victims, a quarter of each kind.
        flooded: the same, of the flood.
        honest: other sites.
        weeks: of the slow flood.
        games: of each attack on one unit.
        cells: that are drawn for one at most.
        nine: how often nine sites are made up.
    """

    modules: int
    flooded: int
    honest: int
    weeks: int
    games: int
    cells: int
    nine: int


def guards(unit: Unit, year: Budget) -> str:
    """The unit and its budget, in words."""
    return f"unit {unit.value}, ε = {year.epsilon:g} a year"


def allowed(rho: float) -> str:
    """The most that a loss allows."""
    return f"AUC {most(rho):.3f}; {right(rho):.1%} of guesses right"


def slow(root: Path, year: Budget, size: Size) -> Iterator[Row]:
    """A few made-up sites more each week; and what the weeks together tell."""
    rho = released(Unit.MODULE, year).rho[Part.MODULE]
    attack = Year(root, year, size.modules, size.honest, size.weeks)
    held, refused = 0, 0
    for number in range(size.weeks + 1):
        made_up = [("198.51.100.7", f"made up {at}") for at in range(_A_WEEK * number)]
        refused += attack.take(number, made_up)
        if number:
            held += attack.release(number)
    about = f"slow flood, {_A_WEEK} sites a week; {refused} refused, {held} weeks held back"
    half = size.weeks // 2
    for weeks in sorted({1, half // 2, half}):
        result = str(attack.guessed(weeks, "early"))
        yield Row(
            f"{about}: after {weeks}", guards(Unit.MODULE, year), result, allowed(weeks * rho)
        )
    result = str(attack.guessed(size.weeks, "always"))
    yield Row(
        f"{about}: after {size.weeks}", guards(Unit.MODULE, year), result,
        allowed(size.weeks * rho),
    )  # fmt: skip
    yield Row(
        f"intersection of weeks: the module left or came after {half} of {size.weeks}; others stay",
        guards(Unit.MODULE, year), str(attack.compared()), allowed(size.weeks * rho),
    )  # fmt: skip


def fast(root: Path, year: Budget, size: Size) -> Row:
    """Thousands of made-up sites in one week, which go on to report."""
    rho = released(Unit.MODULE, year).rho[Part.MODULE]
    attack = Year(root, year, size.flooded, size.honest, _FLOOD_WEEKS)
    made_up = [
        (f"203.0.{network}.9", f"made up {network} {at}")
        for network in range(_NETWORKS)
        for at in range(_OF_EACH)
    ]
    refused = held = 0
    for number in range(_FLOOD_WEEKS):
        new = attack.take(number, made_up if number else ())
        refused += new if number == 1 else 0
        if number:
            held += attack.release(number)
    weeks = _FLOOD_WEEKS - 1
    return Row(
        f"flood of {len(made_up):,} sites from {_NETWORKS} networks; {refused:,} refused in the "
        f"first week, {held} weeks held back, then released by a person",
        guards(Unit.MODULE, year),
        str(attack.guessed(weeks, "always")),
        allowed(weeks * rho),
    )
