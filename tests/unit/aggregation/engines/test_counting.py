"""What all engines share and DuckDB's own way, against the definition of what a plan counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.plan import Bounds
from dropsonde.aggregation.privacy.unit import Unit
from tests.unit.aggregation.engines import stored
from tests.unit.aggregation.engines.sites import PLANS

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
@settings(max_examples=4, deadline=None)
@given(week=st.integers(0, 40), all_shown=st.booleans(), few=st.booleans())
def test_a_plan_counts_what_it_says(
    plan: Plan, unit: Unit, week: int, all_shown: bool, few: bool
) -> None:
    plan = replace(plan, bounds=Bounds(2, 1, 2)) if few else plan
    stored.check(plan, unit, week, all_shown=all_shown)
