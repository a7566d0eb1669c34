"""Releases of made-up numbers, with their cells, of many weeks.

    python -m ext.benchmark.publish.made DIRECTORY MODULES WEEKS

A popular module has more versions, classes, systems and partners than another one. Groups come and
go with the noise, as real ones do; the cells have as many again that no table shows.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation import cells
from dropsonde.aggregation.privacy.drawing import Cell
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, Field, Method, Release, Role, Table
from dropsonde.common import weeks
from dropsonde.schema.model import Type
from ext.benchmark.aggregate.one import PLANS

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

    Groups = dict[tuple[Any, ...], int]

FIRST = weeks.first_moment("2025-W48")
SITES, SHOWN, NOISE = 20_000, 10, 3.0
_MEASURES = (
    Field("sites", Type.INTEGER, Role.SITES, "The mean."),
    Field("error", Type.FLOAT, Role.ERROR, "Of the mean."),
    Field("week_sites", Type.INTEGER, Role.WEEK, "Of the week."),
)
_SYSTEMS = [(name, str(major)) for name in ("RedHat", "Debian", "windows") for major in (8, 9, 12)]
# Table to the most groups of a module, and the share of its sites that its first group has.
_PARTS = {
    "module_versions": (20, 0.4),
    "module_majors": (3, 0.9),
    "class_usage": (40, 0.5),
    "module_platforms": (3, 0.7),
    "module_systems": (9, 0.4),
    "module_agents": (4, 0.6),
    "private_dependencies": (3, 0.1),
}
_PAIRED = 400  # modules that others are paired with


def make(directory: Path, modules: int, number: int) -> None:
    """Make the releases.

    Args:
        directory: gets them; may exist.
        modules: how many are shown in each week, about.
        number: of weeks.
    """
    rng = Random(modules)
    world = _world(modules)
    scratch = directory / "scratch"
    scratch.mkdir(parents=True)
    for place in range(number):
        week = weeks.week_of(FIRST + timedelta(weeks=place))
        drawn = {plan.name: _drawn(rng, world[plan.name], 1 + place / 200) for plan in PLANS}
        digest = cells.write(
            directory / f"{week}{cells.SUFFIX}", _cells(rng, drawn, world), scratch
        )
        tables = {plan.name: _table(plan, rng, drawn[plan.name]) for plan in PLANS}
        made = FIRST + timedelta(weeks=place + 1, hours=3)
        Release(week, made, _method(), SITES, 40.5, SITES, tables, digest).save(directory)
    scratch.rmdir()


def _world(modules: int) -> dict[str, Groups]:
    """Each table's groups and their true numbers of sites."""
    ranks = range(modules)
    usage = {
        f"author{rank % 400}-module{rank}": int(SITES / (2 + rank) ** 0.75) + 3 * SHOWN
        for rank in ranks
    }
    names = list(usage)
    found: dict[str, Groups] = {plan.name: {} for plan in PLANS}
    for name, sites in usage.items():
        found["module_usage"][name,] = sites
        found["unused_modules"][name,] = sites // 8
        for table, (most, share) in _PARTS.items():
            for at in range(most):
                part = int(sites * share / (1 + at))
                if part > SHOWN:
                    found[table][_key(table, name, at)] = part
    for first in range(min(modules, _PAIRED)):
        for second in range(first + 1, modules):
            both = usage[names[second]] * usage[names[first]] // SITES // 2
            if both <= SHOWN:
                break
            found["module_pairs"][tuple(sorted((names[first], names[second])))] = both
    for plan in PLANS:
        if not found[plan.name]:
            found[plan.name] = {_few(plan, at): SITES // (2 + at) for at in range(20)}
    return found


def _key(table: str, module: str, at: int) -> tuple[Any, ...]:
    if table == "class_usage":
        return (module, f"{module.partition('-')[2]}::part{at}")
    if table == "module_systems":
        return (module, *_SYSTEMS[at])
    if table == "module_agents":
        return (module, ("puppet", "openvox")[at % 2], str(8 - at // 2))
    if table == "module_platforms":
        return (module, _SYSTEMS[3 * at][0])
    return (module, f"{at // 3}.{at % 3}.0" if table == "module_versions" else str(at))


def _few(plan: Plan, at: int) -> tuple[Any, ...]:
    """A group of a table that is not about modules."""
    return tuple(at if key.expression.type is Type.INTEGER else f"{at:02}" for key in plan.keys)


def _drawn(rng: Random, groups: Groups, growth: float) -> Groups:
    return {keys: int(sites * growth + rng.gauss(0, NOISE)) for keys, sites in groups.items()}


def _cells(
    rng: Random, drawn: dict[str, Groups], world: dict[str, Groups]
) -> Iterator[cells.Table]:
    yield cells.Table(ALL, 2 * NOISE, [Cell((), SITES * LATTICE)])
    for name, groups in sorted(drawn.items()):
        seen = [
            Cell(keys, sites * LATTICE + rng.randrange(LATTICE)) for keys, sites in groups.items()
        ]
        others = [
            Cell((*keys[:-1], f"other {keys[-1]}"), round(rng.gauss(0, NOISE) * LATTICE))
            for keys in world[name]
        ]
        yield cells.Table(name, NOISE, [*seen, *others])


def _table(plan: Plan, rng: Random, groups: Groups) -> Table:
    keys = tuple(
        Field(key.name, key.expression.type, Role.KEY, f"The {key.name}.") for key in plan.keys
    )
    rows = (
        (*key, sites, rng.choice((1.7, 1.8, 2.0)), max(sites + rng.randint(-9, 9), 0))
        for key, sites in sorted(groups.items())
        if sites >= SHOWN
    )
    return Table(plan.name, plan.title, plan.description, (*keys, *_MEASURES), tuple(rows))


def _method() -> Method:
    return Method(
        unit="module",
        epsilon=2.0,
        delta=1e-6,
        year_epsilon=1.5,
        site_rho=3.8,
        weeks=13,
        scales={ALL: 2 * NOISE, **{plan.name: NOISE for plan in PLANS}},
        contributions={plan.name: 100 for plan in PLANS},
        deviations=4.0,
        made_up=True,
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
