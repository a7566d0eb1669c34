"""Whatever the guard lets through runs, counts what its plan says, and has known groups."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.known import Words, groups
from dropsonde.aggregation.plan import Call, Operator, Plan
from dropsonde.aggregation.privacy.unit import Unit
from tests.unit.aggregation.engines import stored
from tests.unit.aggregation.engines.model import counted
from tests.unit.aggregation.engines.queries import accepted, queries
from tests.unit.aggregation.engines.sites import COLUMNS
from tests.unit.aggregation.test_known import MODULES

WEEKS = st.integers(0, 200)


@settings(deadline=None)
@given(queries(), st.sampled_from(Unit), WEEKS, st.booleans())
def test_an_accepted_query_counts_what_its_plan_says(
    text: str, unit: Unit, week: int, all_shown: bool
) -> None:
    stored.check(accepted(text), unit, week, all_shown=all_shown)


@settings(deadline=None)
@given(queries(), WEEKS)
def test_what_reports_have_is_known(text: str, week: int) -> None:
    plan = accepted(text)
    among = stored.among_of(plan)
    known = set(groups(plan, COLUMNS, Words(MODULES, among)))
    for keys in counted(plan, Unit.SITE, stored.reports(week), among):
        assert keys in known or is_unknown(plan, keys), (plan, keys)


def is_unknown(plan: Plan, keys: tuple[object, ...]) -> bool:
    """Whether a group has a word that nobody published, of another module, or no number at all."""
    for key, of in zip(keys, plan.keys, strict=True):
        call = of.expression if isinstance(of.expression, Call) else None
        majors = call is not None and call.operator is Operator.MAJORS
        if majors and key not in {"1", "2", "11", "98"}:
            return True
        if of.expression.type.value == "INTEGER" and key is None:
            return True
        if isinstance(key, str) and key.partition("::")[0] == "acme":
            return True
    return False
