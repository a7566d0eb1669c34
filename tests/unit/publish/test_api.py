"""The documents of the static API: every number in them goes back to a released cell."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dropsonde.aggregation.release import Release, Role, Table
from dropsonde.publish.api import DOCUMENTS, documents
from dropsonde.publish.numbers import Number, Numbers, change, share
from dropsonde.schema.model import Type
from tests.unit.publish.releases import SLUGS, WEEKS, fields, releases, with_table

NEWEST = WEEKS[-1]
each_unit = pytest.mark.parametrize("unit", ["module", "site"])


class Cell(NamedTuple):
    """Where a released number stands: its table (none: all sites), week and keys."""

    table: str
    week: str
    keys: tuple[Any, ...]


class Leaf(NamedTuple):
    """A number of a document: its path, and all scalars that stand beside its path."""

    path: tuple[Any, ...]
    value: float
    beside: frozenset[Any]


def cells(weeks: tuple[Release, ...]) -> dict[float, Cell]:
    """Every number of the releases; each is there once."""
    found: dict[float, Cell] = {}
    for release in weeks:
        for number in (release.sites, release.sites_error, release.sites_week):
            found[number] = Cell("", release.week, ())
        for table in release.tables.values():
            for row in table.rows:
                for value in row[table.keys :]:
                    assert value not in found
                    found[value] = Cell(table.name, release.week, row[: table.keys])
    return found


def leaves(
    value: Any, path: tuple[Any, ...] = (), beside: frozenset[Any] = frozenset()
) -> Iterator[Leaf]:
    if isinstance(value, dict):
        beside |= {each for each in value.values() if isinstance(each, (str, int)) or each is None}
        for name, each in value.items():
            yield from leaves(each, (*path, name), beside | {name})
    elif isinstance(value, list):
        beside |= {each for each in value if isinstance(each, (str, int)) or each is None}
        for place, each in enumerate(value):
            yield from leaves(each, (*path, place), beside)
    elif isinstance(value, (int, float)):
        yield Leaf(path, value, beside)


def told(weeks: tuple[Release, ...]) -> dict[str, Any]:
    """The documents as a reader has them."""
    return {path: json.loads(json.dumps(each)) for path, each in documents(weeks)}


# How exact numbers are, how they were made, and how many rows there are: not of any group.
ABOUT = {"precision", "method", "k", "made_up", "week_error"}
DERIVED = {"share", "share_error", "change", "change_error"}


@each_unit
def test_every_number_is_a_released_cell_of_what_stands_beside_it(unit: str) -> None:
    weeks = releases(unit=unit)
    released = cells(weeks)
    seen = set()
    for path, document in told(weeks).items():
        for leaf in leaves(document):
            last = leaf.path[-1]
            if ABOUT & set(leaf.path) or last in DERIVED:
                continue
            if path == "v1/index.json" and last == "rows":
                continue
            if is_key(weeks[-1], path, leaf):
                continue
            cell = released[leaf.value]
            seen.add(leaf.value)
            where = f"{path} {leaf.path}"
            if path == "v1/compare.json":
                assert cell.week == WEEKS[int(last)], where
                assert set(cell.keys) <= set(leaf.path), where
                continue
            if {"weeks", "trend"} & set(leaf.path):
                assert cell.week in leaf.beside, where
            else:
                assert cell.week == NEWEST, where
            assert set(cell.keys) <= leaf.beside, where
    # And nothing that was released is lost on the way.
    newest = {value for value, cell in released.items() if cell.week == NEWEST}
    assert newest <= seen


def is_key(newest: Release, path: str, leaf: Leaf) -> bool:
    """Some keys are numbers: that of modules, that of environments."""
    for name in ("modules_per_site", "environments_per_site"):
        keys = {row[0] for row in newest.tables[name].rows}
        if leaf.value in keys and (name in leaf.path or path == f"v1/tables/{name}.json"):
            return True
    return False


@each_unit
def test_derivations_are_of_cells_alone(unit: str) -> None:
    weeks = releases(unit=unit)
    before, newest = Numbers(weeks[0]), Numbers(weeks[-1])
    found = told(weeks)
    assert found["v1/modules.json"]["since"] == WEEKS[0]
    for row in found["v1/modules.json"]["modules"]:
        slug = row["module"]
        was, sites = (each.sites("module_usage", slug) for each in (before, newest))
        assert derived(row, "change") == change(was, sites)
        document = found[f"v1/modules/{slug}.json"]
        assert derived(document, "change") == change(was, sites)
        assert document["since"] == WEEKS[0]
        assert derived(document, "share") == share(sites, newest.all_sites)
        for part in document["classes"]:
            wanted = share(Number(part["sites"], part["error"]), sites)
            assert derived(part, "share") == (wanted if unit == "module" else None)


def derived(row: dict[str, Any], name: str) -> Number | None:
    value, error = row[name], row[f"{name}_error"]
    assert (value is None) == (error is None)
    return None if value is None else Number(value, error)


def test_a_change_is_since_the_last_mean_that_has_no_week_in_common() -> None:
    """Or since the first one, as long as all have."""
    many = tuple(
        replace(releases()[0], week=f"2026-W{week:02}", sites=week) for week in range(1, 31)
    )
    for count, since in [(2, 1), (13, 1), (14, 1), (15, 2), (30, 17)]:
        assert many[0].method.weeks == 13
        found = told(many[:count])
        assert found["v1/modules.json"]["since"] == f"2026-W{since:02}"


@each_unit
def test_how_exact_numbers_are(unit: str) -> None:
    weeks = releases(unit=unit)
    found = told(weeks)["v1/index.json"]
    assert found["precision"].keys() == {"*", *weeks[-1].tables}
    for name, table in weeks[-1].tables.items():
        scale = weeks[-1].method.scales[name]
        assert found["precision"][name] == {
            "error": max(row[table.place(Role.ERROR)] for row in table.rows),
            "week_error": round(1.96 * scale, 1),
            "least": max(10, math.ceil(4 * scale / math.sqrt(13))),
        }
    assert found["precision"]["*"]["error"] == weeks[-1].sites_error
    nothing = told(releases(rows=0))["v1/index.json"]["precision"]
    assert {each["error"] for name, each in nothing.items() if name != "*"} == {None}


def test_a_sum_has_its_own_error() -> None:
    columns = fields({"module": Type.STRING}, "nodes")
    table = Table("nodes_of", "", "", columns, (("a-b", 40, 6.5, 44, 700, 80.5),))
    scales = {"nodes_of": 9.0, "nodes_of.nodes": 90.0}
    release = with_table(releases()[0], table)
    release = replace(
        release, method=replace(release.method, scales={**release.method.scales, **scales})
    )
    assert Numbers(release).precision_of("nodes_of") == {
        "*": Numbers(release).precision["*"],
        "nodes_of": {"error": 6.5, "week_error": 17.6, "least": 10},
        "nodes_of.nodes": {"error": 80.5, "week_error": 176.4},
    }
    assert told((release,))["v1/tables/nodes_of.json"]["rows"] == [["a-b", 40, 6.5, 44, 700, 80.5]]


def test_systems_of_a_module_are_its_own() -> None:
    (newest,) = releases(weeks=1)
    rows = newest.tables["module_systems"].rows
    for slug in SLUGS[:7]:
        found = told((newest,))[f"v1/modules/{slug}.json"]["systems"]
        wanted = {(*row[1:3], row[3], row[4]) for row in rows if row[0] == slug}
        assert {
            (each["os"], each["release"], each["sites"], each["error"]) for each in found
        } == wanted
        assert wanted


def test_cells_are_named_for_the_weeks_that_have_them() -> None:
    index = dict(documents(releases(), {WEEKS[1]}))["v1/index.json"]
    path = f"data/{WEEKS[1]}/{WEEKS[1]}.cells.parquet"
    assert [each["cells"] for each in index["weeks"]] == [None, path, None]


def test_lists_have_most_sites_first() -> None:
    found = told(releases())
    for path, document in found.items():
        for name, rows in document.items():
            if name in {"modules_per_site", "environments_per_site"}:
                assert [*map(str, rows)] == [
                    *map(str, sorted(rows, key=lambda row: next(iter(row.values()))))
                ]
            elif (
                isinstance(rows, list)
                and rows
                and isinstance(rows[0], dict)
                and "week" not in rows[0]
            ):
                sites = [row["sites"] for row in rows if "sites" in row]
                assert sites == sorted(sites, reverse=True), (path, name)


def test_a_module_that_is_no_longer_public_keeps_its_page_and_has_no_number() -> None:
    weeks = releases()
    table = weeks[-1].tables["module_usage"]
    gone = table.rows[0][0]
    fewer = with_table(weeks[-1], replace(table, rows=table.rows[1:]))
    found = told((*weeks[:-1], fewer))
    document = found[f"v1/modules/{gone}.json"]
    names = ("sites", "error", "week_sites", *DERIVED)
    assert {document[name] for name in names} == {None}
    assert document["trend"][-1]["sites"] is None
    assert found["v1/compare.json"]["modules"][gone][-1] is None
    assert found["v1/compare.json"]["errors"][gone][-1] is None
    assert gone not in {row["module"] for row in found["v1/modules.json"]["modules"]}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a-b/../c", "a-b.html", "", "é-b", "a-b\n"])
def test_what_is_no_slug_becomes_no_path(name: str) -> None:
    weeks = releases()
    table = weeks[-1].tables["module_usage"]
    odd = replace(table, rows=((name, *table.rows[0][1:]), *table.rows[1:]))
    found = told((*weeks[:-1], with_table(weeks[-1], odd)))
    assert f"v1/modules/{name}.json" not in found
    assert name not in found["v1/compare.json"]["modules"]


def test_one_week_and_tables_that_are_missing() -> None:
    (first,) = releases(weeks=1)
    found = told((replace(first, tables={}),))
    assert found["v1/index.json"]["weeks"] == [
        {
            "week": WEEKS[0],
            "sites": first.sites,
            "error": first.sites_error,
            "week_sites": first.sites_week,
            "week_error": round(1.96 * first.method.scales["*"], 1),
            "released": "2026-11-09",
            "cells": None,
        }
    ]
    assert found["v1/modules.json"]["modules"] == []
    only = told((first,))
    assert {row["change"] for row in only["v1/modules.json"]["modules"]} == {None}


def test_every_document_is_described() -> None:
    kinds = {"modules": "AUTHOR-NAME", "tables": "TABLE"}
    found = set()
    for path in told(releases()):
        parts = path.split("/")
        if parts[1] in kinds:
            parts[2] = f"{kinds[parts[1]]}.json"
        found.add("/".join(parts))
    assert found == set(DOCUMENTS)


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [
        ((10, 1.0), (30, 0.0), (0.333, 0.034)),
        ((50, 3.0), (40, 4.0), (1.25, 0.146)),  # more than all, as noise may have it
        ((0, 3.0), (40, 4.0), (0.0, 0.075)),
        ((1, 1.0), (0, 1.0), None),
        (None, (5, 1.0), None),
        ((1, 1.0), None, None),
    ],
)
def test_a_share_hides_no_error(
    part: tuple[int, float] | None,
    whole: tuple[int, float] | None,
    found: tuple[float, float] | None,
) -> None:
    numbers = (each and Number(*each) for each in (part, whole))
    assert share(*numbers) == (found and Number(*found))


@pytest.mark.parametrize(("part", "whole", "scale"), [(50, 100, 8), (99, 100, 10), (5, 400, 30)])
def test_95_percent_of_shares_are_within_their_error(part: int, whole: int, scale: float) -> None:
    rng, rounds = random.Random(part), 20_000
    within = 0
    for _ in range(rounds):
        noisy = (Number(of + rng.gauss(0, scale), 1.96 * scale) for of in (part, whole))
        found = share(*noisy)
        assert found is not None
        within += abs(found.value - part / whole) <= found.error
    assert 0.935 < within / rounds < 0.975


def test_a_change_has_the_error_of_both() -> None:
    assert change(Number(40, 3.0), Number(30, 4.0)) == Number(-10, 5.0)
    assert change(None, Number(1, 1.0)) is change(Number(1, 1.0), None) is None
