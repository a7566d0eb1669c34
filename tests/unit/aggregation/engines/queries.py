"""Queries drawn by hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from dropsonde.schema.model import Domain, Mode, Type
from tests.unit.collector.intake.reports import NEWEST

TABLES = [column for column in NEWEST if column.mode is Mode.REPEATED]


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Queries that ought to be accepted."""
    sources = draw(st.lists(st.sampled_from(TABLES), max_size=2))
    plain = ["version", "product", "LEAST(GREATEST(environment_count, 0), 20)"]
    added = ["environment_count", f"ARRAY_LENGTH({draw(st.sampled_from(TABLES)).name})"]
    texts = ["version"]
    for at, column in enumerate(sources):
        for field in column.fields:
            name = f"r{at}.{field.name}"
            plain.append(name)
            (added if field.type is Type.INTEGER else texts).append(name)
            if field.domain is Domain.VERSION:
                plain.append(f"SPLIT({name}, '.')[OFFSET(0)]")
    keys = draw(st.lists(st.sampled_from(plain), min_size=1, max_size=3, unique=True))
    listed = [f"{key} AS k{at}" for at, key in enumerate(keys)]
    listed.append("COUNT(DISTINCT site_id) AS sites")
    for at in range(draw(st.integers(0, 2))):
        low, high = sorted(draw(st.tuples(st.integers(-50, 50), st.integers(-50, 50))))
        kind, value = draw(st.sampled_from(["SUM", "AVG"])), draw(st.sampled_from(added))
        listed.append(f"{kind}(LEAST(GREATEST({value}, {low}), {high})) AS m{at}")
    tables = "".join(f", UNNEST({each.name}) AS r{at}" for at, each in enumerate(sources))
    where = ""
    if keys[0] in texts and draw(st.booleans()):
        others = ["'module3'", *(key for key in keys[1:] if key in texts)]
        operator, other = (
            draw(st.sampled_from(["<", ">", ">=", "<>"])),
            draw(st.sampled_from(others)),
        )
        where = f" WHERE {keys[0]} {operator} {other}"
    groups = ", ".join(f"k{at}" for at in range(len(keys)))
    return f"SELECT {', '.join(listed)} FROM community_metrics{tables}{where} GROUP BY {groups}"  # noqa: S608 - that is what is tested
