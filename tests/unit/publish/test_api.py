"""The documents of the static API: every number in them goes back to a released cell."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dropsonde.aggregation.release import ALL, Release, Role, Table
from dropsonde.publish.alike import categories
from dropsonde.publish.api import DOCUMENTS, documents
from dropsonde.publish.changes import Means, change_of_share
from dropsonde.publish.changes import change as change_of_means
from dropsonde.publish.forge import Forge
from dropsonde.publish.module import module
from dropsonde.publish.numbers import Number, Numbers, change, lift, share
from dropsonde.schema.model import Domain, Type
from dropsonde.site.forge.deprecated import Deprecated
from tests.unit.publish.releases import ALWAYS, SLUGS, WEEKS, fields, releases, with_table

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
ABOUT = {"precision", "method", "k", "made_up", "week_error", "known"}
DERIVED = {"share", "share_error", "change", "change_error"}
OF_PARTS = {"unused_share", "unused_share_error", "lift", "lift_error"}
OF_SPANS = {"share_change", "share_change_error", "over"}


@each_unit
def test_every_number_is_a_released_cell_of_what_stands_beside_it(unit: str) -> None:
    weeks = releases(unit=unit)
    released = cells(weeks)
    seen = set()
    for path, document in told(weeks).items():
        for leaf in leaves(document):
            last = leaf.path[-1]
            if ABOUT & set(leaf.path) or last in DERIVED | OF_SPANS | OF_PARTS:
                continue
            if (path, last) in {("v1/index.json", "rows"), ("v1/search.json", 1)}:  # shares: below
                continue
            if is_key(weeks[-1], path, leaf):
                continue
            if "majors_trend" in leaf.path and leaf.path[-2] in DERIVED:
                continue
            cell = released[leaf.value]
            seen.add(leaf.value)
            where = f"{path} {leaf.path}"
            if path == "v1/compare.json":
                assert cell.week == WEEKS[int(last)], where
                assert set(cell.keys) <= set(leaf.path), where
                continue
            if "majors_trend" in leaf.path:
                assert cell.week == WEEKS[int(last)], where
                assert cell.keys[0] == document["module"], where
                assert cell.keys[1] in leaf.beside, where
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
        assert derived(row, "share") == share(sites, newest.all_sites)
        document = found[f"v1/modules/{slug}.json"]
        assert derived(document, "change") == change(was, sites)
        assert document["since"] == WEEKS[0]
        for point, week in zip(document["trend"], weeks, strict=True):
            numbers = Numbers(week)
            wanted = share(numbers.sites("module_usage", slug), numbers.all_sites)
            assert derived(point, "share") == wanted
        assert derived(document, "share") == share(sites, newest.all_sites)
        unused = newest.sites("unused_modules", slug)
        wanted = share(unused, sites) if unit == "module" else None
        assert derived(document, "unused_share") == wanted
        for name, table in PARTS.items():
            told_of = unit == "module" and table not in weeks[-1].method.beside
            for part in document[name]:
                wanted = share(Number(part["sites"], part["error"]), sites) if told_of else None
                assert derived(part, "share") == wanted
        assert {name for name in PARTS if document[name]} == set(PARTS) or slug not in SLUGS[:7]


PARTS = {
    "majors": "module_majors",
    "versions": "module_versions",
    "platforms": "module_platforms",
    "systems": "module_systems",
    "agents": "module_agents",
    "classes": "class_usage",
}


def paired(*rows: tuple[str, str, int]) -> tuple[Release, ...]:
    """A release with these pairs of modules; each number has an error of 3 sites."""
    (release,) = releases(weeks=1)
    pairs, usage = release.tables["module_pairs"], release.tables["module_usage"]
    found = tuple((one, other, sites, 3.0, sites) for one, other, sites in rows)
    exact = tuple((*row[:2], 3.0, row[3]) for row in usage.rows)
    release = with_table(replace(release, sites_error=3.0), replace(usage, rows=exact))
    return (with_table(release, replace(pairs, rows=found)),)


def chances(one: str) -> dict[str, int]:
    """The sites that would have a module of :func:`paired` and another one by chance."""
    (newest,) = releases(weeks=1)
    usage = {row[0]: row[1] for row in newest.tables["module_usage"].rows}
    return {other: usage[one] * sites // newest.sites for other, sites in usage.items()}


def test_modules_are_together_by_what_chance_does_not_explain() -> None:
    """First those whose lift is above 1 beyond its error; then all, by lift."""
    a, b, c, d, e = SLUGS[:5]
    times = {b: 0.1, c: 0.9, d: 2.0, e: 3.0}
    weeks = paired(*((a, other, int(chances(a)[other] * by)) for other, by in times.items()))
    found = told(weeks)[f"v1/modules/{a}.json"]["together"]
    assert [row["module"] for row in found] == [e, d, c, b]
    numbers = Numbers(weeks[0])
    for row in found:
        one, other = (numbers.sites("module_usage", slug) for slug in (a, row["module"]))
        wanted = lift(Number(row["sites"], row["error"]), one, other, numbers.all_sites)
        assert derived(row, "lift") == wanted


def test_a_lift_that_may_as_well_be_chance_is_behind_a_smaller_one_that_may_not() -> None:
    a, b, c = SLUGS[:3]
    (release,) = paired((a, b, chances(a)[b] * 3), (a, c, chances(a)[c] * 2))
    table = release.tables["module_pairs"]
    wide = (*table.rows[0][:3], chances(a)[b] * 2.5, 1)
    release = with_table(release, replace(table, rows=(wide, table.rows[1])))
    found = told((release,))[f"v1/modules/{a}.json"]["together"]
    assert [row["module"] for row in found] == [c, b]
    assert found[0]["lift"] < found[1]["lift"]


def test_with_the_unit_site_there_is_no_lift_and_most_sites_are_first() -> None:
    for path, document in told(releases(unit="site")).items():
        if path.startswith("v1/modules/"):
            rows = document["together"]
            assert {row["lift"] for row in rows} | {row["lift_error"] for row in rows} <= {None}
            assert [row["sites"] for row in rows] == sorted(
                (row["sites"] for row in rows), reverse=True
            )


def test_modules_for_the_same_job_are_of_one_name_or_of_one_category() -> None:
    weeks = [Numbers(each) for each in releases()]
    usage = weeks[-1].release.tables["module_usage"]
    shown = {row[0] for row in usage.rows}
    slugs = [*sorted(shown - {SLUGS[2]}), SLUGS[2], "gone-module0"]
    curated = {"web servers": (SLUGS[0], SLUGS[1], SLUGS[2], "no-such"), "time": (SLUGS[1],)}
    found = dict(module(weeks, slugs, curated=curated))
    alike = {row["module"]: row for row in found[SLUGS[0]]["alike"]}
    named = {slug for slug in slugs if slug.endswith("-module0")} - {SLUGS[0]}
    assert named > {"gone-module0"}
    assert alike.keys() == {*named, SLUGS[1], SLUGS[2]}
    assert {slug for slug, row in alike.items() if row["category"] is None} == named
    assert alike["gone-module0"]["sites"] is alike["gone-module0"]["share"] is None
    for slug in alike.keys() - {"gone-module0"}:
        sites = weeks[-1].sites("module_usage", slug)
        assert sites is not None
        assert (alike[slug]["sites"], alike[slug]["error"]) == sites
        assert derived(alike[slug], "share") == share(Number(*sites), weeks[-1].all_sites)
    assert {row["module"] for row in found["gone-module0"]["alike"]} == {*named, SLUGS[0]} - {
        "gone-module0"
    }


def test_categories_are_of_valid_names_in_order_and_none_is_there_twice() -> None:
    some = categories()
    assert 10 <= len(some) <= 40
    names = [name.lower() for name in some]
    assert names == sorted(set(names))
    for name, slugs in some.items():
        assert 3 <= len(slugs) <= 20, name
        assert list(slugs) == sorted(set(slugs)), name
        assert all(Domain.FORGE_SLUG.admits(slug) for slug in slugs), name
    every = [slug for slugs in some.values() for slug in slugs]
    assert len(every) == len(set(every))


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


@pytest.mark.parametrize(
    ("part", "keys"), [("systems", ("os", "release")), ("agents", ("agent", "major"))]
)
def test_what_its_sites_have_is_of_the_module_alone(part: str, keys: tuple[str, ...]) -> None:
    (newest,) = releases(weeks=1)
    rows = newest.tables[f"module_{part}"].rows
    for slug in SLUGS[:7]:
        found = told((newest,))[f"v1/modules/{slug}.json"][part]
        wanted = {(*row[1:3], row[3], row[4]) for row in rows if row[0] == slug}
        assert {tuple(each[key] for key in (*keys, "sites", "error")) for each in found} == wanted
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
                if name in {"together", "majors_trend"}:
                    continue  # the one by lift, the other by number
                sites = [row["sites"] for row in rows if row.get("sites") is not None]
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
            "made": "2026-11-09T03:00:00Z",
            "cells": None,
            "method": {
                "unit": "module",
                "epsilon": 2.0,
                "delta": 1e-6,
                "weeks": 13,
                "deviations": 4.0,
                "k": 10,
            },
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


@pytest.mark.parametrize(
    ("both", "one", "other"), [(60, 300, 200), (15, 150, 120), (400, 500, 600), (0, 300, 200)]
)
def test_95_percent_of_lifts_are_within_their_error(both: int, one: int, other: int) -> None:
    rng, rounds, all_ = random.Random(both), 20_000, 2000
    within, truth = 0, both * all_ / (one * other)
    for _ in range(rounds):
        # The usual scales: a pair's noise is more than that of a module.
        noisy = (
            Number(round(of + rng.gauss(0, scale)), 1.96 * scale)
            for of, scale in ((both, 8), (one, 6), (other, 6), (all_, 12))
        )
        found = lift(*noisy)
        assert found is not None
        within += abs(found.value - truth) <= found.error
    assert 0.935 < within / rounds < 0.975


def test_without_a_number_there_is_no_lift() -> None:
    some, none = Number(40, 3.0), Number(0, 3.0)
    assert lift(some, some, some, some) == Number(1.0, 0.15)
    assert lift(None, some, some, some) is lift(some, None, some, some) is None
    assert lift(some, some, None, some) is lift(some, none, some, some) is None
    assert lift(some, some, none, some) is lift(some, some, some, none) is None
    assert lift(none, some, some, some) == Number(0.0, 0.08)


def test_a_change_has_the_error_of_both() -> None:
    assert change(Number(40, 3.0), Number(30, 4.0)) == Number(-10, 5.0)
    assert change(None, Number(1, 1.0)) is change(Number(1, 1.0), None) is None


@each_unit
def test_changes_are_of_the_weeks_that_they_name(unit: str) -> None:
    first, *others = releases(unit=unit)
    weeks = (replace(first, week="2026-W43"), *others)
    means = Means([Numbers(each) for each in weeks])
    found = told(weeks)
    for slug in SLUGS[:ALWAYS]:
        document = found[f"v1/modules/{slug}.json"]
        (row,) = document["changes"]
        assert (row["over"], row["since"]) == (4, "2026-W43")
        was, now = (means.of(at, "module_usage", slug) for at in (0, 2))
        assert derived(row, "change") == change_of_means(was, now)
        was_all, now_all = means.of(0, ALL), means.of(2, ALL)
        assert was_all is not None
        assert now_all is not None
        wanted = change_of_share(was, was_all, now, now_all)
        assert derived(row, "share_change") == wanted


@each_unit
def test_the_table_of_all_modules_has_changes_of_shares(unit: str) -> None:
    weeks = releases(unit=unit)
    means = Means([Numbers(each) for each in weeks])
    was_all, now_all = means.of(0, ALL), means.of(-1, ALL)
    assert was_all is not None
    assert now_all is not None
    moved = 0
    for row in told(weeks)["v1/modules.json"]["modules"]:
        was, now = (means.of(at, "module_usage", row["module"]) for at in (0, -1))
        assert derived(row, "share_change") == change_of_share(was, was_all, now, now_all)
        moved += row["share_change"] is not None
    assert moved >= ALWAYS
    for row in told(weeks[:1])["v1/modules.json"]["modules"]:
        assert row["change"] is row["share_change"] is None


def test_the_other_modules_of_the_forge_are_named_where_they_are_known() -> None:
    weeks = releases()
    shown = {row[0] for each in weeks for row in each.tables["module_usage"].rows}
    forge = {*shown, "author-other", "another-module", "../../etc-passwd"}
    found = dict(documents(weeks, (), Forge(forge)))["v1/forge.json"]
    assert found == {"known": True, "modules": ["another-module", "author-other"]}
    assert dict(documents(weeks))["v1/forge.json"] == {"known": False, "modules": []}


def test_what_the_forge_says_of_a_deprecated_module_is_told() -> None:
    weeks = releases()
    old, kept, lost = SLUGS[:3]
    said = {old: Deprecated("2025-03-01", kept), lost: Deprecated("2024-01-01", None)}
    shown = {row[0] for each in weeks for row in each.tables["module_usage"].rows}
    found = dict(documents(weeks, (), Forge(shown - {lost}, said)))
    document = found[f"v1/modules/{old}.json"]
    assert document["deprecated"] == {"since": "2025-03-01", "superseded_by": kept}
    assert document["said"][0]["kind"] == "deprecated"
    for slug in (kept, lost):  # the Forge has the last one no more, so what it says is of another
        other = found[f"v1/modules/{slug}.json"]
        assert other["deprecated"] is None
        assert "deprecated" not in [each["kind"] for each in other["said"]]
    marks = {row["module"]: row["deprecated"] for row in found["v1/modules.json"]["modules"]}
    assert (marks[old], marks[kept], marks[lost]) == (True, False, None)
    unknown = told(weeks)
    assert unknown[f"v1/modules/{old}.json"]["deprecated"] is None
    assert {row["deprecated"] for row in unknown["v1/modules.json"]["modules"]} == {None}


def test_a_search_knows_what_was_public_and_when() -> None:
    first, middle, newest = releases()
    usage = newest.tables["module_usage"]
    gone, other = usage.rows[0][0], usage.rows[1][0]
    left = replace(usage, rows=usage.rows[2:])
    before = middle.tables["module_usage"]
    rows = tuple(row for row in before.rows if row[0] != other)
    weeks = (
        first,
        with_table(middle, replace(before, rows=rows)),
        with_table(newest, left),
    )
    found = told(weeks)["v1/search.json"]
    shares = {row["module"]: row["share"] for row in told(weeks)["v1/modules.json"]["modules"]}
    assert dict(found["modules"]) == shares
    lost = dict(found["gone"])
    assert (lost[gone], lost[other]) == (WEEKS[1], WEEKS[0])
    assert not lost.keys() & dict(found["modules"]).keys()
    assert (
        lost.keys() | dict(found["modules"]).keys()
        == told(weeks)["v1/compare.json"]["modules"].keys()
    )


def test_without_the_earlier_week_there_are_no_changes() -> None:
    assert told(releases())[f"v1/modules/{SLUGS[0]}.json"]["changes"] == []
