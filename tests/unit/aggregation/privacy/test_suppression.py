"""Without noise: small groups stay private, and no subtraction of public ones brings them back."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.privacy.counted import Counted
from dropsonde.aggregation.privacy.k_anonymity import STEP, anonymous, rounded
from dropsonde.aggregation.privacy.suppression import hidden, projection
from dropsonde.aggregation.release import ALL, K, Role
from tests.unit.aggregation.made import MEAN, NODES, counts, modules, table
from tests.unit.publish.releases import tables

MODULE, VERSION = [("ntp",)], [("ntp", "1.0.0"), ("ntp", "1.1.0"), ("ntp", "2.0.0")]


def nested(*parts: int) -> list[Counted]:
    return [
        counts("modules", ["module"], {("ntp",): sum(parts)}),
        counts("versions", ["module", "version"], dict(zip(VERSION, parts, strict=True))),
    ]


def test_a_group_below_k_is_private_and_one_of_k_is_not() -> None:
    found = hidden([counts("modules", ["module"], {("a",): K - 1, ("b",): K, ("c",): K - 2})], 99)
    assert found == {"modules": {("a",), ("c",)}}


def test_a_single_private_part_takes_the_smallest_public_one_along() -> None:
    found = hidden(nested(9, 40, 30), 200)
    assert found == {"modules": set(), "versions": {VERSION[0], VERSION[2]}}


def test_private_parts_of_fewer_than_k_sites_in_all_do_so_too() -> None:
    assert hidden(nested(4, 5, 30), 200)["versions"] == set(VERSION)
    assert hidden(nested(5, 5, 30), 200)["versions"] == set(VERSION[:2])


def test_where_no_public_part_is_left_the_whole_goes() -> None:
    """It has sites in no part: a bound on what a site brings dropped their rows."""
    tables = [
        counts("modules", ["module"], {("ntp",): 12, ("apt",): 30}),
        counts("versions", ["module", "version"], {VERSION[0]: 9, ("apt", "1.0.0"): 30}),
    ]
    found = hidden(tables, 200)
    assert ("ntp",) in found["modules"]


def test_the_number_of_all_sites_is_a_whole() -> None:
    sizes = counts("sizes", ["modules"], {("10",): 9, ("20",): 40, ("30",): 51}, most=1)
    assert hidden([sizes], 100)["sizes"] == {("10",), ("20",)}


def test_a_whole_that_went_takes_a_part_along() -> None:
    sizes = dict(zip(NAMES[1:], (12, 13, 3, 3, 11, 49), strict=True))
    names, _ = wholes(sizes)
    found = hidden(
        [
            counts("modules", ["module"], names),
            counts("versions", ["module", "version"], sizes),
        ],
        sum(sizes.values()),
    )
    assert found["modules"] == {("b",), ("a",)}  # all but one would be a subtraction
    assert ("a", "1.1.0") in found["versions"]  # and the parts of a would be its sum


@pytest.mark.parametrize(
    ("part", "whole", "keys", "group"),
    [
        (["module", "version"], ["module"], ("ntp", "1.0.0"), ("ntp",)),
        (["class", "platform"], ["platform"], ("ntp", "Debian"), ("Debian",)),
        (["module", "version"], ["module", "major"], ("ntp", "12.3.4"), ("ntp", "12")),
        (["module", "version"], ["major", "module"], ("ntp", None), (None, "ntp")),
    ],
)
def test_tables_nest_by_the_names_of_their_keys(
    part: list[str], whole: list[str], keys: tuple[Any, ...], group: tuple[Any, ...]
) -> None:
    project = projection(table("p", part), table("w", whole))
    assert project is not None
    assert project(keys) == group


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (["module"], ["module"]),
        (["module"], ["class"]),
        (["module"], ["module", "version"]),
        (["module", "major"], ["module", "version"]),
    ],
)
def test_other_tables_do_not_nest(part: list[str], whole: list[str]) -> None:
    assert projection(table("p", part), table("w", whole)) is None


# What an attacker who sees exact numbers could do, by trying everything: each version below has a
# site only where it is named, so wholes are exactly the sums of their parts.
NAMES = [
    ("a", "1.0.0"), ("a", "1.1.0"), ("a", "2.0.0"), ("b", "1.0.0"), ("b", "2.0.0"),
    ("c", "1.0.0"), ("c", "1.1.0"),
]  # fmt: skip


def wholes(parts: dict[Any, int]) -> tuple[dict[Any, int], dict[Any, int]]:
    names: dict[Any, int] = defaultdict(int)
    majors: dict[Any, int] = defaultdict(int)
    for (module, version), sites in parts.items():
        names[(module,)] += sites
        majors[(module, version[0])] += sites
    return names, majors


@settings(deadline=None)
@given(st.lists(st.sampled_from([1, 3, 9, 11, 13, 40]), min_size=7, max_size=7))
def test_no_private_number_can_be_computed(sizes: list[int]) -> None:
    parts = dict(zip(NAMES, sizes, strict=True))
    names, majors = wholes(parts)
    tables = [
        counts("modules", ["module"], names),
        counts("majors", ["module", "major"], majors),
        counts("versions", ["module", "version"], parts),
    ]
    private = hidden(tables, sum(sizes))
    unknown = sorted(private["versions"])
    public = [
        {keys: sites for keys, sites in each.sites().items() if keys not in private[name]}
        for name, each in zip(("modules", "majors"), tables, strict=False)
    ]
    # The attacker tries all numbers near the true ones, and keeps those that fit what is public.
    fitting: list[tuple[int, ...]] = []
    for moved in product((-1, 0, 1), repeat=len(unknown)):
        world = dict(parts)
        for keys, move in zip(unknown, moved, strict=True):
            world[keys] += move
        fits = all(
            seen.get(keys, sites) == sites
            for seen, found in zip(public, wholes(world), strict=True)
            for keys, sites in found.items()
        )
        if fits and sum(world.values()) == sum(sizes):
            fitting.append(tuple(world[keys] for keys in unknown))
    for possible in zip(*fitting, strict=True):
        assert len(set(possible)) > 1
    for name in ("modules", "majors", "versions"):
        exact = next(each.sites() for each in tables if each.table.name == name)
        assert {keys for keys, sites in exact.items() if sites < K} <= private[name]
        left = [exact[keys] for keys in private[name]]
        assert len(left) == len(exact) or not left or (len(left) > 1 and sum(left) >= K)


SITES = st.lists(st.sets(st.sampled_from(NAMES), max_size=4), min_size=K, max_size=60)


@given(SITES)
def test_what_is_public_has_k_sites_and_says_at_least(sites: list[set[tuple[str, str]]]) -> None:
    exact = modules(sites)
    method, told, tables = anonymous(exact, len(sites))
    assert told <= len(sites) < told + STEP
    assert method.epsilon is None
    for each in exact:
        true = each.sites()
        public = tables[each.table.name]
        place = public.place(Role.SITES)
        for row in public.rows:
            count = true[row[: public.keys]]
            assert K <= row[place] <= count < row[place] + STEP
        assert public.suppressed == rounded(len(true) - len(public.rows))


@given(SITES, st.sets(st.sampled_from(NAMES), max_size=4))
def test_one_site_more_changes_few_groups_by_one(
    sites: list[set[tuple[str, str]]], more: set[tuple[str, str]]
) -> None:
    """What the noise relies on holds of the tables that it is given."""
    for before, after in zip(modules(sites), modules([*sites, more]), strict=True):
        was, now = before.sites(), after.sites()
        changes = [now.get(keys, 0) - was.get(keys, 0) for keys in was.keys() | now.keys()]
        assert sum(map(bool, changes)) <= after.contributions
        assert set(changes) <= {0, 1}


def test_of_our_tables_those_nest_whose_groups_are_parts() -> None:
    """Otherwise a module would go with the few private modules that depend on it."""
    found = {
        (part.name, whole.name)
        for part, whole in product(tables(), repeat=2)
        if projection(part, whole)
    }
    assert found == {
        ("class_platforms", "class_usage"),
        ("module_majors", "module_usage"),
        ("module_platforms", "module_usage"),
        ("module_platforms", "operating_systems"),
        ("module_versions", "module_usage"),
        ("module_versions", "module_majors"),
    }


def test_few_sites_in_all_are_not_told() -> None:
    method, told, tables = anonymous([counts("modules", ["module"], {("a",): 9})], 9)
    assert told == 0
    assert tables["modules"].rows == ()
    assert method.steps == {ALL: STEP, "modules": STEP}


def test_sums_are_told_in_steps_of_what_one_site_may_bring() -> None:
    rows = (("a", 12, 250, 50.0), ("b", 99, 8, 0.1), ("c", 50, 399, None))
    exact = Counted(
        table("classes", ["class"], NODES, MEAN).with_rows(rows),
        3,
        {"nodes": (0, 100), "mean": (-200, 9)},
    )
    method, _, tables = anonymous([exact], 120)
    assert tables["classes"].rows == (
        ("a", 10, 200, 60.0),
        ("b", 95, None, None),
        ("c", 50, 300, None),
    )
    assert method.steps["classes.nodes"] == 100


@given(st.integers(-10_000, 10_000), st.integers(1, 1000))
def test_rounding_goes_towards_zero(value: int, step: int) -> None:
    found = rounded(value, step)
    assert found % step == 0
    assert abs(found) <= abs(value) < abs(found) + step
    assert found == -rounded(-value, step)


@pytest.mark.parametrize("clamps", [{}, {"nodes": (1, 0)}, {"nodes": (0, 1), "others": (0, 1)}])
def test_a_sum_without_a_bound_is_refused(clamps: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="not bounded"):
        Counted(table("classes", ["class"], NODES), 3, clamps)
