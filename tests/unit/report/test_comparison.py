"""What changed between two reports."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.protocol.report import flat
from dropsonde.report import plugins
from dropsonde.report.comparison import (
    Change,
    ChangedRows,
    ChangedValue,
    GoneColumn,
    NewColumn,
    compare,
    exact,
)

Flat = dict[str, Any]

# Few names and numbers, so that rows meet; true, 1 and 1.0, which Python takes for equal.
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.floats(0, 3), st.sampled_from(["", "a", "b"])
)
fields = st.sampled_from(["name", "platform", "count", "nodes", "version"])
records = st.dictionaries(fields, scalars, max_size=4)
tables = st.one_of(st.lists(records, max_size=6), st.lists(scalars, max_size=6))
mixtures = st.lists(st.one_of(records, scalars, st.lists(scalars, max_size=2)), max_size=6)
columns = st.sampled_from("uvwxyz")
sound = st.dictionaries(columns, st.one_of(scalars, tables, records), max_size=5)
flats = st.dictionaries(columns, st.one_of(scalars, tables, records, mixtures), max_size=5)

METRICS = plugins.choose(plugins.load(None), (), ())


def example(seed: int) -> Flat:
    """A site's values as all metrics make them up."""
    rng = random.Random(seed)  # examples are no secrets
    return {name: value for metric in METRICS for name, value in metric.example(rng).items()}


def applied(old: Flat, changes: tuple[Change, ...]) -> Flat:
    """The other report, made from the old one and the changes alone."""
    made = dict(old)
    for change in changes:
        match change:
            case NewColumn():
                assert change.column not in made
                made[change.column] = change.value
            case GoneColumn():
                assert exact(made.pop(change.column)) == exact(change.value)
            case ChangedValue():
                assert exact(made[change.column]) == exact(change.old)
                made[change.column] = change.new
            case ChangedRows():
                left = list(made[change.column])
                for row in [*change.removed, *(before for before, _ in change.changed)]:
                    left.pop([exact(other) for other in left].index(exact(row)))
                made[change.column] = [
                    *left,
                    *change.added,
                    *(after for _, after in change.changed),
                ]
    return made


def canonical(report: Flat) -> dict[str, Any]:
    """A report without the order of its rows."""
    return {
        name: sorted(map(exact, value)) if isinstance(value, list) else exact(value)
        for name, value in report.items()
    }


def only(old: list[Any], new: list[Any]) -> ChangedRows:
    """The one change of a table."""
    (change,) = compare({"rows": old}, {"rows": new})
    assert isinstance(change, ChangedRows)
    return change


@given(flats)
def test_nothing_changed(report: Flat) -> None:
    assert compare(report, json.loads(json.dumps(report))) == ()


@given(sound, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_fields_is_no_change(report: Flat, rng: random.Random) -> None:
    def shuffled(value: Any) -> Any:
        items = list(value.items()) if isinstance(value, dict) else list(value)
        rng.shuffle(items)
        return dict(items) if isinstance(value, dict) else items

    other = {
        name: shuffled([shuffled(row) if isinstance(row, dict) else row for row in value])
        if isinstance(value, list)
        else value
        for name, value in report.items()
    }
    assert compare(report, other) == ()


@given(flats, flats)
def test_the_changes_make_the_one_report_into_the_other(old: Flat, new: Flat) -> None:
    assert canonical(applied(old, compare(old, new))) == canonical(new)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_and_so_they_do_with_real_columns(old: int, new: int) -> None:
    changes = compare(example(old), example(new))
    assert canonical(applied(example(old), changes)) == canonical(example(new))
    assert {type(change) for change in changes} <= {ChangedValue, ChangedRows}


@given(flats, flats)
def test_there_and_back_is_the_same_number_of_changes(old: Flat, new: Flat) -> None:
    assert len(compare(old, new)) == len(compare(new, old))


@given(st.lists(records, max_size=6), st.lists(records, max_size=6))
def test_what_changed_is_of_one_key_and_not_equal(old: list[Any], new: list[Any]) -> None:
    for change in compare({"rows": old}, {"rows": new}):
        assert isinstance(change, ChangedRows)
        for before, after in change.changed:
            assert exact(before) != exact(after)
            for name in {"name", "platform"} & {*before, *after}:
                values = [row.get(name) for row in (*old, *new)]
                if not any(type(value) in {int, float} for value in values):
                    assert exact(before.get(name)) == exact(after.get(name))


def test_columns_come_and_go() -> None:
    assert compare({"a": 1, "b": [2]}, {"b": [2], "c": [3]}) == (
        NewColumn("c", [3]),
        GoneColumn("a", 1),
    )


def test_a_column_may_become_another() -> None:
    assert compare({"a": [1], "b": 1}, {"a": 1, "b": True}) == (
        ChangedValue("a", [1], 1),
        ChangedValue("b", 1, True),
    )
    assert compare({"a": [1]}, {"a": [{"n": 1}]}) == (ChangedValue("a", [1], [{"n": 1}]),)


def test_counts() -> None:
    old = [{"name": "ntp", "count": 12}, {"name": "apache", "count": 7}]
    new = [{"name": "ntp", "count": 13}, {"name": "stdlib", "count": 1}]
    assert only(old, new) == ChangedRows("rows", (new[1],), (old[1],), ((old[0], new[0]),))


def test_a_class_on_another_platform_is_another_row() -> None:
    old = {"name": "ntp", "platform": "Debian", "count": 1}
    new = {"name": "ntp", "platform": "RedHat", "count": 1}
    assert only([old], [new]) == ChangedRows("rows", (new,), (old,), ())


def test_a_count_that_could_not_be_told_is_still_no_name() -> None:
    old, new = {"name": "ntp", "count": None}, {"name": "ntp", "count": 3}
    assert only([old], [new]).changed == ((old, new),)


def module(version: str | None) -> dict[str, Any]:
    return {"name": "ntp", "slug": "puppetlabs-ntp", "version": version}


@pytest.mark.parametrize(
    ("old", "new", "added", "removed", "changed"),
    [
        (["1.0.0"], ["2.0.0"], [], [], [("1.0.0", "2.0.0")]),
        ([None], ["2.0.0"], [], [], [(None, "2.0.0")]),
        (["1.0.0"], ["1.0.0", "2.0.0"], ["2.0.0"], [], []),
        (["1.0.0", "2.0.0"], ["2.0.0"], [], ["1.0.0"], []),
        (["1.0.0", "2.0.0"], ["1.0.0", "3.0.0"], [], [], [("2.0.0", "3.0.0")]),
        (["9.0.0", "10.0.0"], ["11.0.0"], [], ["9.0.0"], [("10.0.0", "11.0.0")]),
        (["9.0.0"], ["10.0.0", "9.1.0"], ["9.1.0"], [], [("9.0.0", "10.0.0")]),
        (["1.0.0", "1.0.0"], ["1.0.0"], [], ["1.0.0"], []),
        (
            ["1.0.0", "2.0.0"],
            ["1.1.0", "2.1.0"],
            [],
            [],
            [("2.0.0", "2.1.0"), ("1.0.0", "1.1.0")],
        ),
    ],
)
def test_versions_of_one_module(
    old: list[str | None],
    new: list[str | None],
    added: list[str],
    removed: list[str],
    changed: list[tuple[str, str]],
) -> None:
    assert only([*map(module, old)], [*map(module, new)]) == ChangedRows(
        "rows",
        tuple(map(module, added)),
        tuple(map(module, removed)),
        tuple((module(before), module(after)) for before, after in changed),
    )


def document(**more: Any) -> dict[str, Any]:
    return {
        "product": "popularity-module",
        "version": "1.0.0",
        "site_id": "0f",
        "self-service-analytics": {"snapshots": {"n": {"value": 1, "timestamp": "today"}}},
        **more,
    }


def test_a_report_is_one_row() -> None:
    assert flat(json.dumps(document()).encode()) == {
        "n": 1,
        "product": "popularity-module",
        "version": "1.0.0",
        "site_id": "0f",
    }


SNAPSHOTS: list[Any] = [None, 1, "text", [1], {"n": 1}, {"n": {}}]
ODD: list[Any] = [
    [],
    {},
    document(**{"self-service-analytics": []}),
    *(document(**{"self-service-analytics": {"snapshots": odd}}) for odd in SNAPSHOTS),
    {name: value for name, value in document().items() if name != "site_id"},
]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[" * 100_000, *(json.dumps(odd).encode() for odd in ODD)],
    ids=lambda data: data[:40].decode(errors="replace"),
)
def test_what_is_no_report(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a report"):
        flat(data)
