"""What docs/queries.md says of queries is what the guard does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.guard.among import lists_of
from dropsonde.aggregation.query import SETTINGS, read
from dropsonde.aggregation.vocabularies import MOST_GROUPS, vocabulary
from tests.unit.aggregation.guard.judged import judged
from tests.unit.collector.intake.reports import NEWEST

DOCS = (Path(__file__).parents[4] / "docs/queries.md").read_text()
LISTS = {
    "m": "modules",
    "d": "dependencies",
    "c": "class_platforms",
    "o": "operating_systems",
    "s": "servers",
    "a": "agents",
    "p": "puppetfile_ruby_methods",
}
# What names the module of a row is always a key.
OWN = {"m": "m.slug", "d": "d.name", "c": "c.name"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column has a heading."""
    table = DOCS.partition(f"| {heading} |")[2].partition("\n\n")[0]
    lines = table.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def keys(of: str) -> list[tuple[str, str]]:
    """Each key of the table of keys with what is said of it."""
    return [(key, said) for cell, said in rows(of) for key in re.findall(r"`([^`]*)`", cell)]


def query(key: str) -> str:
    alias = next(iter(re.findall(r"\b([a-z])\.", key)), "")
    own = OWN.get(alias, "")
    first = f"{own} AS own, " if own not in {"", key} else ""
    unnest = f", UNNEST({LISTS[alias]}) AS {alias}" if alias else ""
    return (
        f"SELECT {first}{key} AS k, COUNT(DISTINCT site_id) AS sites "  # noqa: S608 - not run
        f"FROM community_metrics{unnest} GROUP BY {'own, ' if first else ''}k"
    )


VOCABULARIES = keys("key")
REFUSED = [
    (key.strip("`"), reason)
    for key, reason in (row for row in re.findall(r"^\| (`.*`) \| (.*) \|$", DOCS, re.MULTILINE))
    if DOCS.index(f"| {key} | {reason} |") > DOCS.index("## What is refused")
]


def test_each_query_of_the_page_is_accepted() -> None:
    found = re.findall(r"```sql\n(.*?)```", DOCS, re.DOTALL)
    assert found
    for sql in found:
        assert judge(read("query", sql), NEWEST).plan is not None


def test_the_settings_are_those_of_queries() -> None:
    assert {row[0].strip("`"): row[1] for row in rows("setting")} == SETTINGS


@pytest.mark.parametrize(("key", "said"), VOCABULARIES, ids=lambda text: text[:40])
def test_a_key_has_the_vocabulary_that_the_page_names(key: str, said: str) -> None:
    verdict = judged(query(key))
    assert verdict.plan is not None, verdict.reasons
    (found,) = (each for each in verdict.plan.keys if each.name == "k")
    assert vocabulary(found.expression, lists_of(verdict.plan, NEWEST)).words == said


@pytest.mark.parametrize(("key", "reason"), REFUSED, ids=lambda text: text[:40])
def test_a_key_is_refused_as_the_page_says(key: str, reason: str) -> None:
    assert reason in {each.text for each in judged(query(key)).reasons}


def test_there_are_such_keys() -> None:
    assert len(VOCABULARIES) > 12
    assert len(REFUSED) > 8
    assert f"{MOST_GROUPS:,} groups" in DOCS
