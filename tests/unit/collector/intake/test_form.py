"""The form: the compiled validator agrees with the probe's on every case, and in every word."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.intake.faults import MAX_FAULTS
from dropsonde.collector.intake.form import Compiled, Form
from dropsonde.collector.intake.strict_json import FRACTION
from dropsonde.collector.intake.wire import MAX_COUNT, MAX_ROWS, MAX_TEXT, report_schema
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema.model import Column, Domain, Mode, Type, integer, records, text
from dropsonde.schema.validate import Validator
from tests.unit.collector.intake.reports import (
    CANARY,
    COLUMNS,
    NEWEST,
    VERSIONS,
    report,
    reports,
    to_bytes,
)


class Reference(Validator):
    """The probe's validator, for a schema that is more than columns: a witness."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__((), {})
        self._validator = self._validator.evolve(schema=schema)


FORM = Form(NEWEST)
SCHEMA = report_schema(NEWEST)
REFERENCE = Reference(SCHEMA)
BEFORE = f"{ANALYTICS}.{SNAPSHOTS}"


def read(data: bytes) -> Any:
    """The document as intake reads it, less what strict JSON refuses before."""
    return json.loads(data, parse_float=lambda _: FRACTION)


def agreed(document: Any) -> list[str]:
    """The faults of a document, on which all must agree.

    The reference sees fractions as they are, and the compiled validator as intake reads them.
    """
    data = to_bytes(document)
    document = read(data)
    before = copy.deepcopy(document)
    assert FORM.fits(document) == (not REFERENCE.faults(json.loads(data)))
    expected = sorted(set(REFERENCE.faults(document)))
    said = FORM.faults(document)
    assert document == before
    if len(expected) <= MAX_FAULTS:
        assert sorted(said) == expected
    else:
        assert set(said[:-1]) <= set(expected)
        assert len(said) == MAX_FAULTS + 1
    return list(said)


def changed(path: str, value: Any) -> dict[str, Any]:
    """A good report with one value changed; the path is one of Python's."""
    document: dict[str, Any] = json.loads(to_bytes(report(COLUMNS)))
    *above, last = path.split("/")
    place: Any = document
    for step in above:
        place = place[int(step) if step.isdigit() else step]
    if value is KeyError:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return document


SNAPS = f"{ANALYTICS}/{SNAPSHOTS}"
CLASS = f"{SNAPS}/classes/value/0"
SLUG = f"{SNAPS}/modules/value/1/slug"


def test_a_report_of_everything_has_the_form() -> None:
    assert agreed(report(COLUMNS)) == []
    assert agreed(report({})) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("product", "popularity", "product: not of the form product"),
        ("product", None, "product: expected string"),
        ("product", KeyError, "the data: missing product"),
        ("version", "1.0", "version: not of the form release-version"),
        ("version", KeyError, "the data: missing version"),
        ("site_id", KeyError, "the data: missing site_id"),
        ("site_id", "0" * 127, "site_id: not of the form ^[0-9a-f]{128}$(?!\\n)"),
        ("site_id", "0" * 128 + "\n", "site_id: not of the form ^[0-9a-f]{128}$(?!\\n)"),
        ("site_id", "A" * 128, "site_id: not of the form ^[0-9a-f]{128}$(?!\\n)"),
        ("site_id", "\u0660" * 128, "site_id: not of the form ^[0-9a-f]{128}$(?!\\n)"),
        ("message_id", "1", "the data: 1 unknown key"),
        ("ip", "192.0.2.1", "the data: 1 unknown key"),
        (ANALYTICS, KeyError, f"the data: missing {ANALYTICS}"),
        (ANALYTICS, [], f"{ANALYTICS}: expected object"),
        (f"{ANALYTICS}/{CANARY}", 1, f"{ANALYTICS}: 1 unknown key"),
        (SNAPS, KeyError, f"{ANALYTICS}: missing {SNAPSHOTS}"),
        (SNAPS, None, f"{BEFORE}: expected object"),
        (f"{SNAPS}/{CANARY}", {}, f"{BEFORE}: 1 unknown key"),
        (f"{SNAPS}/site_id", {}, f"{BEFORE}: 1 unknown key"),
        (f"{SNAPS}/classes", None, f"{BEFORE}.classes: expected object"),
        (f"{SNAPS}/classes", [], f"{BEFORE}.classes: expected object"),
        (f"{SNAPS}/classes/{CANARY}", 1, f"{BEFORE}.classes: 1 unknown key"),
        (f"{SNAPS}/classes/value", KeyError, f"{BEFORE}.classes: missing value"),
        (f"{SNAPS}/classes/timestamp", KeyError, f"{BEFORE}.classes: missing timestamp"),
        (f"{SNAPS}/classes/timestamp", 1, f"{BEFORE}.classes.timestamp: expected string"),
        (f"{SNAPS}/classes/value", None, f"{BEFORE}.classes.value: expected array"),
        (f"{SNAPS}/classes/value", {}, f"{BEFORE}.classes.value: expected array"),
        (CLASS, None, f"{BEFORE}.classes.value[0]: expected object"),
        (CLASS, "ntp", f"{BEFORE}.classes.value[0]: expected object"),
        (CLASS, [], f"{BEFORE}.classes.value[0]: expected object"),
        (CLASS, {}, f"{BEFORE}.classes.value[0]: missing name, count"),
        (f"{CLASS}/{CANARY}", 1, f"{BEFORE}.classes.value[0]: 1 unknown key"),
        (f"{CLASS}/name", 1, f"{BEFORE}.classes.value[0].name: expected string"),
        (f"{CLASS}/name", "Ntp", f"{BEFORE}.classes.value[0].name: not of the form puppet-class"),
        (f"{CLASS}/name", "ntp\n", f"{BEFORE}.classes.value[0].name: not of the form puppet-class"),
        (f"{CLASS}/name", "a" * 401, f"{BEFORE}.classes.value[0].name: out of range (maxLength)"),
        (f"{CLASS}/count", True, f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", "1", f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", 1.0, f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", 1e300, f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", None, f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", [1], f"{BEFORE}.classes.value[0].count: expected integer"),
        (f"{CLASS}/count", -1, f"{BEFORE}.classes.value[0].count: out of range (minimum)"),
        (
            f"{CLASS}/count",
            MAX_COUNT + 1,
            f"{BEFORE}.classes.value[0].count: out of range (maximum)",
        ),
        (f"{CLASS}/count", 10**400, f"{BEFORE}.classes.value[0].count: out of range (maximum)"),
        (
            f"{SNAPS}/environment_count/value",
            -1,
            f"{BEFORE}.environment_count.value: out of range (minimum)",
        ),
        (
            f"{SNAPS}/environment_count/value",
            None,
            f"{BEFORE}.environment_count.value: expected integer",
        ),
        (
            f"{SNAPS}/environment_count/value",
            [1],
            f"{BEFORE}.environment_count.value: expected integer",
        ),
        (SLUG, "a-\u00e9", f"{BEFORE}.modules.value[1].slug: not of the form forge-slug"),
    ],
)
def test_each_fault_has_its_path(path: str, value: Any, expected: str) -> None:
    assert agreed(changed(path, value)) == [expected]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{CLASS}/count", 0),
        (f"{CLASS}/count", MAX_COUNT),
        (f"{CLASS}/name", "a" * MAX_TEXT),
        (f"{SNAPS}/modules/value/0/version", None),
        (f"{SNAPS}/modules/value/0/version", KeyError),
        (f"{SNAPS}/classes", KeyError),
        (f"{SNAPS}/classes/value", []),
        (f"{SNAPS}/classes/timestamp", "2026-11-20T12:59:59+01:00"),
        (f"{SNAPS}/classes/timestamp", "2026-11-20T12:59:59.123456-11:30"),
    ],
)
def test_what_is_within_the_bounds_has_the_form(path: str, value: Any) -> None:
    assert agreed(changed(path, value)) == []


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "2026-11-20",
        "2026-11-20T11:59:59",
        "2026-11-20 11:59:59Z",
        "2026-11-20T11:59:59z",
        "2026-11-20T11:59:59+0100",
        "2026-11-20T11:59:59Z\n",
        "2026-11-20T11:59:5\u0669Z",
        CANARY,
    ],
)
def test_a_moment_is_iso_8601(moment: str) -> None:
    (said,) = agreed(changed(f"{SNAPS}/classes/timestamp", moment))
    assert said.startswith(f"{BEFORE}.classes.timestamp: not of the form ^[0-9]{{4}}-")


def test_a_column_of_too_many_rows_is_refused_for_that_alone() -> None:
    row = {"name": "a"}
    assert FORM.fits(report({"unused_classes": [row] * MAX_ROWS}))
    many = report({"unused_classes": [CANARY] * (MAX_ROWS + 1)})
    assert not FORM.fits(many)
    assert FORM.faults(many) == (f"{BEFORE}.unused_classes.value: out of range (maxItems)",)


def test_many_faults_are_cut_and_counted() -> None:
    rows = [{"name": CANARY, "count": -1}] * 50 + [{"name": "ntp", "count": 1}]
    said = FORM.faults(report({"classes": rows, CANARY: 1}))
    assert said[0] == f"{BEFORE}: 1 unknown key"
    assert said[1] == f"{BEFORE}.classes.value[0].count: out of range (minimum)"
    assert said[19] == f"{BEFORE}.classes.value[18].count: out of range (minimum)"
    assert said[20:] == ("and 31 more",)


@pytest.mark.parametrize("document", [None, 1, "x", [], [[]], {}, {ANALYTICS: {SNAPSHOTS: 1}}])
def test_a_document_may_be_anything(document: Any) -> None:
    assert agreed(document)


# Any JSON, of words that mean something here and others; and good reports with one place changed.
WORDS = st.sampled_from(
    [
        "",
        "ntp",
        "ntp\n",
        "a-b",
        "1.2.3",
        "1.2.\u0663",
        "NTP",
        "Debian",
        "each",
        "x" * 401,
        "x" * 400,
    ]
)
NUMBERS = st.sampled_from([0, -1, MAX_COUNT, MAX_COUNT + 1, 2**63, -(2**64), 10**30, 1.0, 0.5, 1e9])
LEAVES = st.none() | st.booleans() | NUMBERS | WORDS | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(
    ["product", "version", ANALYTICS, SNAPSHOTS, "value", "timestamp", "name", "count", "slug"]
    + [column.name for column in NEWEST]
) | st.text(max_size=2).map(CANARY.__add__)
ANYTHING = st.recursive(
    LEAVES | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a document: what holds it, and its key or number there."""
    items = enumerate(value) if isinstance(value, list) else value.items()
    found = []
    for key, item in list(items):
        found.append((value, key))
        if isinstance(item, (list, dict)):
            found += places(item)
    return found


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A good report in which up to three places were changed, taken out, or added to."""
    document = draw(reports())
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(places(document)))
        what = draw(st.sampled_from(["change", "take out", "add", "wrap"]))
        if what == "change":
            holder[key] = draw(ANYTHING)
        elif what == "take out":
            del holder[key]
        elif what == "wrap":
            holder[key] = [holder[key]]
        elif isinstance(holder, list):
            holder.append(draw(ANYTHING))
        else:
            holder[draw(KEYS)] = draw(ANYTHING)
        if not document:
            break
    return document


@given(document=reports())
def test_all_agree_that_a_good_report_is_good(document: Any) -> None:
    assert agreed(document) == []


@given(document=mutated())
def test_all_agree_on_a_changed_report(document: Any) -> None:
    assert not [fault for fault in agreed(document) if CANARY in fault or "\n" in fault]


@given(document=ANYTHING)
def test_all_agree_on_anything(document: Any) -> None:
    assert not [fault for fault in agreed(document) if CANARY in fault or "\n" in fault]


@given(document=reports(VERSIONS[-1]))
def test_an_older_version_has_its_own_form(document: Any) -> None:
    assert Form(VERSIONS[-1]).fits(document)


# Types that no version has used so far, and may some day.
OTHERS = {
    "type": "object",
    "properties": report_schema(
        (
            *NEWEST[:6],
            Column("flag", Type.BOOLEAN, "Yes or no."),
            Column("moment", Type.TIMESTAMP, "A time."),
            Column("raw", Type.BYTES, "Bytes."),
            text("names", Domain.CLASS_NAME, "Names.", Mode.REPEATED),
            records("rows", "Rows.", records("inner", "Rows.", integer("n", "A number."))),
        )
    )["properties"][ANALYTICS]["properties"][SNAPSHOTS]["properties"],
}


@given(
    document=st.fixed_dictionaries(
        {},
        optional={
            name: st.fixed_dictionaries(
                {
                    "value": ANYTHING
                    | st.sampled_from(
                        ["00ff", "0", "2026-11-20T11:59:59Z", ["a"], [{"inner": []}]]
                    ),
                    "timestamp": st.just("2026-11-20T11:59:59Z"),
                }
            )
            for name in ("flag", "moment", "raw", "names", "rows")
        },
    )
)
def test_validators_agree_on_types_to_come(document: Any) -> None:
    fits = Compiled(OTHERS).fits(read(to_bytes(document)))
    assert fits == (not Reference(OTHERS).faults(document))


def test_what_cannot_be_looked_at_does_not_fit() -> None:
    deep: Any = 1
    for _ in range(900):
        deep = [deep]
    for name in (*COLUMNS, CANARY):
        assert not FORM.fits(report({name: deep}))
        assert not FORM.fits(report({name: [{"name": deep}]}))
    assert not FORM.fits(deep)
    assert not FORM.fits({**report({}), "site_id": "\ud800"})
    assert not FORM.fits({**report({}), "site_id": math.nan})
