"""Intake as a whole: the bytes of a report to a row, or every fault; and nothing else, ever."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.intake import MAX_BYTES, Intake, RefusedError, Taken
from dropsonde.collector.intake.faults import MAX_FAULTS
from dropsonde.collector.intake.form import Form
from dropsonde.collector.intake.rows import MOST_ODD
from dropsonde.collector.intake.strict_json import quick, strict
from dropsonde.metrics import examples
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS, Snapshot
from dropsonde.report import plugins
from dropsonde.report.build import Report
from dropsonde.schema import published
from dropsonde.schema.model import Domain, records, text
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from tests.unit.collector.intake.reports import (
    CANARY,
    COLUMNS,
    MESSAGE_ID,
    NEWEST,
    NOW,
    SITE_ID,
    VERSIONS,
    VOCABULARY,
    as_stored,
    faults_of,
    report,
    reports,
    take,
    to_bytes,
)

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

FIELDS = {column.name: {field.name for field in column.fields} for column in NEWEST}
METRICS = plugins.choose(plugins.load(None), (), ())
REAL = Intake(
    VERSIONS,
    {
        Domain.FORGE_SLUG: {slug for slug, _, _ in examples._POPULAR},
        Domain.RUBY_METHOD: ruby_methods(),
        Domain.OS_FAMILY: OS_FAMILIES,
        Domain.OS_NAME: OS_NAMES,
    },
)


def test_a_report_becomes_a_row() -> None:
    data = to_bytes(report(COLUMNS))
    taken = take(data, when=NOW.astimezone(timezone(timedelta(hours=5))))
    row = taken.row
    assert (row.message_id, row.product, row.version) == (MESSAGE_ID, "popularity-module", "1.0.0")
    assert row.site_id == bytes.fromhex(SITE_ID)
    assert (row.timestamp, row.timestamp.tzinfo) == (NOW, timezone.utc)
    assert row.columns == COLUMNS
    assert list(row.columns) == list(COLUMNS)
    assert taken.dropped == {}


@given(seed=st.integers(0, 2**32))
def test_what_the_probe_sends_is_taken_whole(seed: int) -> None:
    rng = Random(seed)
    values = {name: value for metric in METRICS for name, value in metric.example(rng).items()}
    snapshots = {name: Snapshot(value, NOW) for name, value in values.items()}
    data = Report(SITE_ID, snapshots).to_bytes()
    assert REAL._usual.read(data) is not None  # else its reports would cost more than they need
    taken = take(data, REAL)
    assert taken.dropped == {}
    assert set(taken.row.columns) == set(values)
    for name, value in values.items():
        stored = taken.row.columns[name]
        if isinstance(value, list):
            told = [as_stored(row) for row in value]
            assert sorted(map(json.dumps, stored)) == sorted(set(map(json.dumps, told)))
        else:
            assert stored == value


@given(document=reports(), rng=st.randoms(use_true_random=False), indent=st.sampled_from([None, 1]))
def test_order_and_spaces_change_nothing(document: Any, rng: Random, indent: int | None) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in rng.sample(list(value), len(value))}
        if isinstance(value, list):
            return [shuffled(item) for item in rng.sample(value, len(value))]
        return value

    taken = take(document)
    other = take(json.dumps(shuffled(document), indent=indent).encode())
    assert other.row == taken.row
    assert other.dropped == taken.dropped
    assert list(other.row.columns) == list(taken.row.columns)
    assert take(document) == taken


@given(document=reports())
def test_a_line_has_every_field_and_stands_once(document: Any) -> None:
    for name, value in take(document).row.columns.items():
        if isinstance(value, list):
            assert [line for line in value if set(line) != FIELDS[name]] == []
            assert len({json.dumps(line, sort_keys=True) for line in value}) == len(value)


def test_null_comes_before_any_other_value() -> None:
    rows = [
        {"name": "ntp", "slug": "puppetlabs-ntp", "version": version}
        for version in (None, "1.0.0", "2.0.0")
    ]
    for order in (rows, rows[::-1], [*rows, *rows]):
        assert take(report({"modules": order})).row.columns == {"modules": rows}


@given(document=reports(VERSIONS[-1]))
def test_an_older_version_is_taken_and_its_rows_are_whole(document: Any) -> None:
    columns = take(document).row.columns
    assert Form(NEWEST).fits(report(dict(columns)))


def test_a_column_of_a_newer_version_is_taken_beside_those_of_older_clients() -> None:
    """A receiver knows tomorrow's schema; a client that is behind must not be refused."""
    newer = (*NEWEST, records("rows", "Rows.", text("name", Domain.FORGE_SLUG, "A module.")))
    intake = Intake([newer, *VERSIONS], VOCABULARY)
    assert take(report(COLUMNS), intake).row.columns == COLUMNS
    rows = [{"name": "saz-ssh"}]
    assert take(report({"rows": rows}), intake).row.columns == {"rows": rows}


def test_of_a_newer_version_the_columns_that_are_known_here_are_taken() -> None:
    """A receiver that is behind must not refuse a client that knows tomorrow's schema."""
    rows = [{"name": CANARY, "count": 3, "note": None}, {"name": CANARY}]
    taken = take(report({**COLUMNS, "rows": rows, "number": 7}))
    assert taken.row.columns == COLUMNS
    assert taken.dropped == {"unknown_column": 3}
    taken = take(report({**COLUMNS, "rows": []}))
    assert (taken.row.columns, taken.dropped) == (COLUMNS, {})


@pytest.mark.parametrize("columns", VERSIONS, ids=published.load())
def test_an_older_receiver_takes_what_it_knows_of_our_report(columns: Sequence[Column]) -> None:
    """With the intake of this version, and the schema of that one."""
    known = {column.name for column in columns}
    taken = take(report(COLUMNS), Intake([columns], VOCABULARY))
    assert taken.row.columns == {name: COLUMNS[name] for name in COLUMNS if name in known}
    assert set(taken.dropped) <= {"unknown_column"}


def test_of_an_older_probe_with_a_newer_column_both_are_known() -> None:
    old = {"unused_classes": ["Apache"], "rows": [{"name": CANARY}]}
    taken = take(report(old))
    assert taken.row.columns == {"unused_classes": [{"name": "apache"}]}
    assert taken.dropped == {"unknown_column": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", None),
        ("rows", "text"),
        ("rows", -1),
        ("rows", 1.5),
        ("rows", True),
        ("rows", {"name": "x"}),
        ("rows", ["x"]),
        ("rows", [{"name": ["x"]}]),
        ("rows", [{"name": {}}]),
        ("rows", [{"count": 10**30}]),
        ("rows", [{"name": "x" * 401}]),
        ("rows", [dict.fromkeys(map(str, range(21)), 1)]),
        ("Rows", [{"name": "x"}]),
        ("a.b", 1),
        ("x" * 65, 1),
        ("site_id", 1),
        ("ip", 1),
    ],
)
def test_what_cannot_be_a_column_is_refused_as_an_unknown_key(name: str, value: Any) -> None:
    said = faults_of(report({**COLUMNS, name: value}))
    assert said == [f"{ANALYTICS}.{SNAPSHOTS}: 1 unknown key"]
    odd = report(COLUMNS)
    odd[ANALYTICS][SNAPSHOTS]["rows"] = {"value": 1}
    assert faults_of(odd) == said


def test_many_unknown_columns_are_refused() -> None:
    many = {f"column_{number}": 1 for number in range(51)}
    assert faults_of(report(many)) == [f"{ANALYTICS}.{SNAPSHOTS}: 51 unknown keys"]
    del many["column_0"]
    assert take(report(many)).dropped == {"unknown_column": 50}


def test_an_unknown_column_excuses_no_other_fault() -> None:
    said = faults_of(report({"environment_count": -1, "rows": [{"name": CANARY}]}))
    assert said == [f"{ANALYTICS}.{SNAPSHOTS}.environment_count.value: out of range (minimum)"]


def test_a_report_may_hold_no_column() -> None:
    assert take(report({})).row.columns == {}


def test_a_report_of_more_than_a_mebibyte_is_refused() -> None:
    data = to_bytes(report(COLUMNS))
    assert take(data + b" " * (MAX_BYTES - len(data))).row.columns == COLUMNS
    for filler in (b" ", b"\n"):
        assert faults_of(data + filler * (MAX_BYTES - len(data) + 1)) == [
            "the data: longer than 1 MiB"
        ]


@pytest.mark.parametrize("again", ["site_id", "product", ANALYTICS])
def test_a_key_given_again_is_refused(again: str) -> None:
    data = to_bytes(report(COLUMNS))
    twice = b'{"' + again.encode() + b'":"' + CANARY.encode() + b'",' + data[1:]
    assert faults_of(twice) == ["the data: 1 key given again"]


def test_a_fraction_is_refused_in_its_place() -> None:
    data = to_bytes(report({"environment_count": 1})).replace(b'"value":1', b'"value":1.0')
    assert faults_of(data) == [f"{ANALYTICS}.{SNAPSHOTS}.environment_count.value: expected integer"]


def test_a_refusal_shows_nothing_of_the_report() -> None:
    with pytest.raises(RefusedError) as caught:
        take(report({CANARY: CANARY}))
    assert str(caught.value) == "1 faults"
    assert CANARY not in repr(caught.value)


# Anything else that may come.


def outcome(data: bytes) -> Taken | None:
    """What comes of any bytes: a row within the schema, or lines that show nothing of the data."""
    refused = faults_of(data)
    if refused:
        assert len(refused) <= MAX_FAULTS + 1
        assert all(": " in fault for fault in refused[:MAX_FAULTS])
        assert not [fault for fault in refused if CANARY in fault or "\n" in fault]
        return None
    taken = take(data)
    assert len(taken.row.site_id) == 64
    assert Form(NEWEST).fits(report(dict(taken.row.columns)))
    assert CANARY not in repr(taken.row.columns)
    assert taken == take(data)
    return taken


@given(data=st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert outcome(data) is None


PIECES = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e9", b"9" * 30),
    *(b'"value":', f'"name":"{CANARY}"'.encode(), b"\\ud800", b"[" * 2000, b"\xff", b"\x00"),
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """The bytes of a good report with pieces taken out, put in, repeated and changed."""
    data = draw(reports().map(to_bytes) | st.just(to_bytes(report(COLUMNS))))
    pieces = st.binary(max_size=4) | st.sampled_from(PIECES)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 20)))
        piece = draw(pieces | st.just(data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data


@given(data=spoilt())
def test_spoilt_bytes_are_taken_or_refused(data: bytes) -> None:
    outcome(data)


@given(data=spoilt())
def test_the_quick_way_takes_nothing_that_the_strict_way_would_not(data: bytes) -> None:
    document = quick(data)
    if Form(NEWEST).fits(document):
        assert strict(data, ()) == document


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4).map(CANARY.__add__),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["value", "timestamp", "name", "slug", "count", "version", *COLUMNS])
            | st.text(max_size=2).map(CANARY.__add__),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(values=st.dictionaries(st.sampled_from([*COLUMNS, CANARY]), JSON, max_size=4))
def test_any_values_are_taken_or_refused(values: dict[str, Any]) -> None:
    outcome(to_bytes(report(values)))


@given(document=JSON)
def test_any_document_is_refused(document: Any) -> None:
    assert outcome(to_bytes(document)) is None


RANGES = [
    (">= 4.13.1 < 10.0.0", ">= 4.0.0 < 10.0.0"),
    (">= 4.13.1 < 9.4711.0", ">= 4.0.0 < 10.0.0"),
    ("1.x", ">= 1.0.0 < 2.0.0"),
    ("< 1.0.0 || >= 2.0.0", None),
    (None, None),
]


@pytest.mark.parametrize(("wanted", "stored"), RANGES)
def test_a_range_is_stored_by_major_versions_alone(wanted: str | None, stored: str | None) -> None:
    rows = [{"name": "saz-ssh", "version_requirement": wanted}]
    taken = take(report({"dependencies": rows}))
    assert taken.row.columns["dependencies"] == [{"name": "saz-ssh", "version_requirement": stored}]


def test_ranges_that_become_equal_are_one_row() -> None:
    wanted = (">= 1.2.0 < 2.0.0", ">= 1.0.0 < 2.0.0", "1.x")
    rows = [{"name": "saz-ssh", "version_requirement": each} for each in wanted]
    assert take(report({"dependencies": rows})).row.columns["dependencies"] == [
        {"name": "saz-ssh", "version_requirement": ">= 1.0.0 < 2.0.0"}
    ]


def test_of_too_many_odd_ranges_none_is_read() -> None:
    odd = [f"1.{number}.x" for number in range(MOST_ODD + 1)]
    rows = [{"name": "saz-ssh", "version_requirement": each} for each in (*odd, ">= 1.0.0 < 3.0.0")]
    assert take(report({"dependencies": rows})).row.columns["dependencies"] == [
        {"name": "saz-ssh", "version_requirement": None},
        {"name": "saz-ssh", "version_requirement": ">= 1.0.0 < 3.0.0"},
    ]
