"""What a plan counts, computed from its definition: report by report, in plain Python."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from dropsonde.aggregation.evaluation import value
from dropsonde.aggregation.plan import (
    Call,
    Length,
    Operator,
    Plan,
    Shape,
    Value,
    conditions,
    leaves,
    sources_of,
)
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import Bound, weight
from dropsonde.schema.vocabulary.version_ranges import MOST

Report = Mapping[str, Any]
Keys = tuple[Any, ...]
Among = Mapping[str, Collection[str | None]]


def counted(
    plan: Plan, unit: Unit, reports: Sequence[Report], among: Among
) -> dict[Keys, tuple[int, ...]]:
    """Keys to the sums of a plan's groups, in parts of a site: sites first."""
    totals: dict[Keys, list[int]] = {}
    for report in reports:
        for keys, (of_site, values) in weighed(plan, unit, report, among).items():
            sums = totals.setdefault(keys, [0] * (1 + len(values)))
            for at, each in enumerate((1, *values)):
                sums[at] += of_site * each
    return {keys: tuple(sums) for keys, sums in totals.items()}


def weighed(
    plan: Plan, unit: Unit, report: Report, among: Among
) -> dict[Keys, tuple[int, tuple[int, ...]]]:
    """Keys to the weight and the values of a site's groups."""
    found = groups(plan, report, among)
    return {
        keys: (weight(*bounds(plan, unit, keys, found)), values) for keys, values in found.items()
    }


def bounds(plan: Plan, unit: Unit, keys: Keys, found: Collection[Keys]) -> Iterator[Bound]:
    """The bounds that hold for a group of a site, among all its groups."""
    most = plan.bounds
    if unit is Unit.SITE or plan.shape is Shape.SITE:
        yield Bound(most.site, len(found))
    elif plan.shape is Shape.MODULE:
        mine = module_of(plan, keys)
        yield Bound(most.module, sum(module_of(plan, each) == mine for each in found))
    elif plan.shape is Shape.PAIR:
        yield Bound(most.module, len({name for each in found for name in each}) - 1)
    else:
        (at,) = (at for at, key in enumerate(plan.keys) if sources_of(key.expression) == {0})
        modules = {each[at] for each in found}
        yield Bound(most.module, len(found) // len(modules))
        yield Bound(most.modules, len(modules))


def module_of(plan: Plan, keys: Keys) -> str:
    """The module that a group hangs on."""
    for module in plan.modules:
        for key, found in zip(plan.keys, keys, strict=True):
            if isinstance(module, Call) and module.arguments == (key.expression,):
                return str(value(module, {key.expression: found}))  # type: ignore[dict-item]
    raise AssertionError(plan.name)


def groups(plan: Plan, report: Report, among: Among) -> dict[Keys, tuple[int, ...]]:
    """Keys to the values of a site's groups, each bounded."""
    found: dict[Keys, list[int]] = {}
    lists = [report.get(name) or [] for name in plan.sources]
    for rows in itertools.product(*lists):
        row = _row(plan, report, rows)
        if plan.shape is Shape.MODULE and len({value(each, row) for each in plan.modules}) > 1:
            continue
        for one in _majors(plan, row):
            if not all(value(each, one) for each in conditions(plan.filter)):
                continue
            keys = tuple(value(key.expression, one) for key in plan.keys)
            named = dict(zip((key.name for key in plan.keys), keys, strict=True))
            if all(named[name] in words for name, words in among.items()):
                values = found.setdefault(keys, [0] * len(plan.sums))
                for at, each in enumerate(plan.sums):
                    values[at] += min(max(row[each.value] or 0, each.low), each.high)
    return {
        keys: tuple(
            min(max(each, of.low), of.high) for each, of in zip(values, plan.sums, strict=True)
        )
        for keys, values in found.items()
    }


def _row(plan: Plan, report: Report, rows: Sequence[Mapping[str, Any]]) -> dict[Any, Any]:
    """The values that the plan names."""
    named = [key.expression for key in plan.keys] + [*plan.modules, *conditions(plan.filter)]
    named += [each.value for each in plan.sums if each.value is not None]
    found: dict[Any, Any] = {}
    for leaf in itertools.chain.from_iterable(map(leaves, named)):
        if isinstance(leaf, Length):
            found[leaf] = len(report.get(leaf.column) or [])
        elif isinstance(leaf, Value):
            of = report if leaf.source is None else rows[leaf.source]
            found[leaf] = of.get(leaf.name)
    return found


def _majors(plan: Plan, row: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    """The row, once for each major of its range if a key is of these."""
    ranges = [
        of.arguments[0]
        for key in plan.keys
        if isinstance(of := key.expression, Call) and of.operator is Operator.MAJORS
    ]
    if not ranges:
        yield row
    elif row[ranges[0]] is not None:
        low, _, high = row[ranges[0]].removeprefix(">= ").partition(" < ")
        last = int(high.partition(".")[0]) - 1 if high else MOST
        for major in range(int(low.partition(".")[0]), last + 1):
            yield {**row, ranges[0]: f">= {major}.0.0 < {major + 1}.0.0"}
