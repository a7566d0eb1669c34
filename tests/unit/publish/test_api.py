"""The documents of the static API: every number in them goes back to a released cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from dropsonde.aggregation.release import Release, Role
from dropsonde.publish.api import DOCUMENTS, documents
from dropsonde.publish.numbers import Numbers, change, share
from tests.unit.publish.releases import WEEKS, releases

NEWEST = WEEKS[-1]
each_kind = pytest.mark.parametrize("noise", [False, True], ids=["k", "noise"])


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
        found[release.sites] = Cell("", release.week, ())
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
ABOUT = {"precision", "method", "k", "number", "rows_of", "suppressed"}
DERIVED = {"share", "change"}


@each_kind
def test_every_number_is_a_released_cell_of_what_stands_beside_it(noise: bool) -> None:
    weeks = releases(noise=noise)
    released = cells(weeks)
    seen = set()
    for path, document in told(weeks).items():
        for leaf in leaves(document):
            last = leaf.path[-1]
            if ABOUT & set(leaf.path) or last in DERIVED or counts_rows(path, leaf):
                continue
            if is_key(weeks[-1], path, leaf):
                continue
            cell = released[leaf.value]
            seen.add(leaf.value)
            where = f"{path} {leaf.path}"
            if path == "v1/compare.json":
                assert cell.week == WEEKS[leaf.path[-1]], where
            elif {"weeks", "trend"} & set(leaf.path):
                assert cell.week in leaf.beside, where
            else:
                assert cell.week == NEWEST, where
            # A platform's number is that of one of its classes; which one does not stand there.
            keys = cell.keys[1:] if "platforms" in leaf.path else cell.keys
            assert set(keys) <= leaf.beside, where
    # And nothing that was released is lost on the way.
    newest = {value for value, cell in released.items() if cell.week == NEWEST}
    assert newest <= seen


def counts_rows(path: str, leaf: Leaf) -> bool:
    return (path == "v1/platforms.json" and leaf.path[-1] == "classes") or (
        path == "v1/index.json" and leaf.path[-1] == "rows"
    )


def is_key(newest: Release, path: str, leaf: Leaf) -> bool:
    """Some keys are numbers: that of modules, that of environments."""
    for name in ("modules_per_site", "environments_per_site"):
        keys = {row[0] for row in newest.tables[name].rows}
        if leaf.value in keys and (name in leaf.path or path == f"v1/tables/{name}.json"):
            return True
    return False


@each_kind
def test_derivations_are_of_cells_alone(noise: bool) -> None:
    weeks = releases(noise=noise)
    before, newest = Numbers(weeks[-2]), Numbers(weeks[-1])
    found = told(weeks)
    for row in found["v1/modules.json"]["modules"]:
        slug = row["module"]
        sites = [each.sites("module_usage", slug) for each in (before, newest)]
        assert row["change"] == change(*sites)
        document = found[f"v1/modules/{slug}.json"]
        assert document["change"] == row["change"]
        assert document["share"] == share(sites[1], weeks[-1].sites)
        for part in (*document["classes"], *document["together"]):
            assert part["share"] == share(part["sites"], sites[1])


@each_kind
def test_a_platform_has_the_sites_of_its_most_used_class(noise: bool) -> None:
    weeks = releases(noise=noise)
    table = weeks[-1].tables["class_platforms"]
    found = told(weeks)
    for row in found["v1/platforms.json"]["platforms"]:
        rows = [each for each in table.rows if each[1] == row["platform"]]
        assert row["sites"] == max(each[2] for each in rows)
        assert row["classes"] == len(rows)
    for slug in found["v1/compare.json"]["modules"]:
        name = slug.partition("-")[2]
        for row in found[f"v1/modules/{slug}.json"]["platforms"]:
            assert row["sites"] == max(
                each[2]
                for each in table.rows
                if each[1] == row["platform"] and each[0].startswith(f"{name}::")
            )


@each_kind
def test_how_exact_numbers_are(noise: bool) -> None:
    weeks = releases(noise=noise)
    found = told(weeks)["v1/index.json"]
    measures = {"*"} | {
        f"{table.name}.{field.name}" if field.role is Role.SUM else table.name
        for table in weeks[-1].tables.values()
        for field in table.fields
        if field.role is not Role.KEY
    }
    assert found["precision"].keys() == measures
    assert {kind for each in found["precision"].values() for kind in each} == (
        {"error"} if noise else {"step"}
    )
    assert found["method"]["epsilon"] == weeks[-1].method.epsilon


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
    fewer = replace(
        weeks[-1], tables={**weeks[-1].tables, "module_usage": replace(table, rows=table.rows[1:])}
    )
    found = told((*weeks[:-1], fewer))
    document = found[f"v1/modules/{gone}.json"]
    assert (document["sites"], document["share"], document["change"]) == (None, None, None)
    assert document["trend"][-1]["sites"] is None
    assert gone not in {row["module"] for row in found["v1/modules.json"]["modules"]}


@pytest.mark.parametrize("name", ["../../etc/passwd", "a-b/../c", "a-b.html", "", "é-b", "a-b\n"])
def test_what_is_no_slug_becomes_no_path(name: str) -> None:
    weeks = releases()
    table = weeks[-1].tables["module_usage"]
    odd = replace(table, rows=((name, *table.rows[0][1:]), *table.rows[1:]))
    found = told(
        (*weeks[:-1], replace(weeks[-1], tables={**weeks[-1].tables, "module_usage": odd}))
    )
    assert f"v1/modules/{name}.json" not in found
    assert name not in found["v1/compare.json"]["modules"]


def test_one_week_and_tables_that_are_missing() -> None:
    (first, *_) = releases()
    found = told((replace(first, tables={}),))
    assert found["v1/index.json"]["weeks"] == [
        {"week": WEEKS[0], "sites": first.sites, "released": "2026-11-09", "number": 1}
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
        (1, 3, 0.333),
        (5, 4, 1),
        (-2, 40, 0),
        (1, 0, None),
        (None, 5, None),
        (1, None, None),
        (3, -1, None),
    ],
)
def test_a_share_is_one_whatever_noise_did(
    part: int | None, whole: int | None, found: float | None
) -> None:
    assert share(part, whole) == found
