"""The known groups: all that reports of public words can have, and none that they cannot."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.known import UnknownError, Words, groups
from dropsonde.aggregation.plan import Bounds, Key, Plan, Shape, Value
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.collector.vocabulary_file import Published
from dropsonde.schema.model import Type
from tests.unit.aggregation.engines.model import counted
from tests.unit.aggregation.engines.sites import AUTHORS, COLUMNS, NAMES, PLANS, made

CLASSES = ("", "::server", "::client", "::params")
MODULES = {
    f"{author}-{name}": Published(
        frozenset({"1.0.0", "1.2.0", "2.0.0", "11.0.0", "98.0.0"}),
        frozenset(f"{name}{part}" for part in CLASSES),
    )
    for author in AUTHORS
    for name in NAMES
}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
@given(st.integers(0, 2**32))
def test_what_reports_have_is_known(plan: Plan, seed: int) -> None:
    rng = random.Random(seed)
    found = counted(plan, Unit.SITE, [made(rng) for _ in range(3)], {})
    known = set(groups(plan, COLUMNS, Words(MODULES)))
    left_out = {keys for keys in found if keys not in known}
    if plan.name == "private_dependencies":  # majors that a range admits and nobody published
        left_out = {keys for keys in left_out if keys[1] in {"1", "2", "11", "98"}}
    assert left_out == set()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("module_usage", 8),
        ("module_versions", 8 * 6),
        ("module_majors", 8 * 5),
        ("class_usage", 8 * 4),
        ("module_pairs", 8 * 7 // 2),
        ("private_dependencies", 8 * 4),
        ("agents", 4 * (8 * 50 + 17 * 10 + 1)),
        ("module_agents", 8 * 4 * (8 + 17 + 1)),
        ("environments_per_site", 50),
        ("modules_per_site", 100),
    ],
)
def test_so_many_are_known(name: str, number: int) -> None:
    (plan,) = (plan for plan in PLANS if plan.name == name)
    found = groups(plan, COLUMNS, Words(MODULES))
    assert len(found) == len({*found}) == number


def test_only_those_among_are_known() -> None:
    (plan,) = (plan for plan in PLANS if plan.name == "module_versions")
    found = groups(plan, COLUMNS, Words(MODULES, {"module": ["puppetlabs-ntp"]}))
    assert {keys[0] for keys in found} == {"puppetlabs-ntp"}


@pytest.mark.parametrize(
    ("source", "field"),
    [(None, Value("environment_count", Type.INTEGER)), ("agents", Value("count", Type.INTEGER, 0))],
)
def test_a_number_without_a_bound_has_no_known_values(source: str | None, field: Value) -> None:
    sources = (source,) if source else ()
    key = Key("number", field, "A number.")
    plan = Plan("t", "T", "T.", sources, (key,), (), None, Shape.SITE, Bounds(1), 1)
    with pytest.raises(UnknownError):
        groups(plan, COLUMNS, Words({}))


def test_of_many_modules_those_among_are_known() -> None:
    """Sixty million pairs, of which one is counted."""
    many = {f"a-m{at}": Published(frozenset(), frozenset()) for at in range(8_000)}
    (plan,) = (plan for plan in PLANS if plan.name == "module_pairs")
    found = groups(plan, COLUMNS, Words(many, {"first": ["a-m5"], "second": ["a-m5", "a-m7"]}))
    assert found == [("a-m5", "a-m7")]
