"""The vocabularies of keys, as ``check`` prints them and the guard asks for them."""

from __future__ import annotations

import pytest

from dropsonde.aggregation.guard.among import lists_of
from dropsonde.aggregation.known import Words, groups
from dropsonde.aggregation.plan import Plan, Shape
from dropsonde.aggregation.vocabularies import MOST_GROUPS, size, vocabulary
from tests.unit.aggregation.engines.sites import COLUMNS, PLANS


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_each_key_of_ours_has_a_vocabulary(plan: Plan) -> None:
    for key in plan.keys:
        found = vocabulary(key.expression, lists_of(plan, COLUMNS))
        assert found.words
        assert found.size > 1


@pytest.mark.parametrize(
    "plan", [plan for plan in PLANS if plan.shape is Shape.SITE], ids=lambda plan: plan.name
)
def test_the_size_is_that_of_the_known_groups_where_no_module_is(plan: Plan) -> None:
    known = len(groups(plan, COLUMNS, Words({})))
    assert known <= size(plan.keys, lists_of(plan, COLUMNS))


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("module_usage", 7_000),
        ("module_versions", 7_000 * 15),
        ("module_majors", 7_000 * 5),
        ("class_usage", 7_000 * 10),
        ("module_platforms", 7_000 * 27),
        ("private_dependencies", 7_000 * 5),
        ("module_agents", 7_000 * 4 * (8 + 17 + 1)),
    ],
)
def test_the_size_of_what_hangs_on_modules(name: str, about: int) -> None:
    (plan,) = (plan for plan in PLANS if plan.name == name)
    assert size(plan.keys, lists_of(plan, COLUMNS)) == about <= MOST_GROUPS
