"""The validator: each kind of fault, with its path and never with the value."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.model import Column, Domain, Mode, Type, integer, records, text
from dropsonde.schema.validate import Validator, to_json_schema

CANARY = "acme_canary"
COLUMNS = (
    integer("number", "A number.", Mode.NULLABLE),
    Column("ratio", Type.FLOAT, "A fraction."),
    Column("flag", Type.BOOLEAN, "Yes or no."),
    Column("moment", Type.TIMESTAMP, "A time."),
    Column("raw", Type.BYTES, "Bytes."),
    text("class", Domain.CLASS_NAME, "A class.", Mode.NULLABLE),
    text("versions", Domain.VERSION, "Releases.", Mode.REPEATED),
    Column("record", Type.RECORD, "One row.", fields=(integer("a", "A."), integer("b", "B."))),
    records(
        "rows",
        "Rows.",
        integer("count", "A count."),
        records("inner", "Rows in a row.", text("name", Domain.CLASS_NAME, "A class.")),
    ),
)
VALIDATOR = Validator(COLUMNS, {Domain.CLASS_NAME: {"ntp", "apache::mod"}})
FORM = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|\+00:00)$(?!\n)"
)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"number": None, "ratio": None, "flag": None, "class": None, "record": None},
        {"moment": None, "raw": None},
        {"number": 2**63 - 1},
        {"number": -(2**63)},
        {"ratio": 1},
        {"ratio": -1.5e300},
        {"flag": False},
        {"moment": "2026-01-01T00:00:00Z"},
        {"moment": "2026-01-01T00:00:00.123456+00:00"},
        {"raw": ""},
        {"raw": "00ff"},
        {"class": "apache::mod"},
        {"versions": []},
        {"versions": ["1.2.3", "1.2.4-rc1"]},
        {"record": {"a": 1, "b": 2}},
        {"rows": [{"count": 1}, {"count": 2, "inner": [{"name": "ntp"}]}]},
    ],
)
def test_what_the_columns_describe_has_no_fault(data: dict[str, Any]) -> None:
    assert VALIDATOR.faults(data) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, ["the data: expected object"]),
        ([CANARY], ["the data: expected object"]),
        ({CANARY: 1}, ["the data: 1 unknown key"]),
        ({CANARY: 1, 7: 2, None: 3}, ["the data: 3 unknown keys"]),
        ({"number": True}, ["number: expected integer or null"]),
        ({"number": 1.0}, ["number: expected integer or null"]),
        ({"number": "1"}, ["number: expected integer or null"]),
        ({"number": 2**63}, ["number: out of range (maximum)"]),
        ({"number": -(2**63) - 1}, ["number: out of range (minimum)"]),
        ({"number": 10**400}, ["number: out of range (maximum)"]),
        ({"ratio": math.nan}, ["ratio: expected number or null"]),
        ({"ratio": math.inf}, ["ratio: expected number or null"]),
        ({"ratio": -math.inf}, ["ratio: expected number or null"]),
        ({"ratio": True}, ["ratio: expected number or null"]),
        ({"ratio": 10**400}, ["ratio: out of range (maximum)"]),
        ({"flag": 0}, ["flag: expected boolean or null"]),
        ({"flag": "true"}, ["flag: expected boolean or null"]),
        (
            {"moment": datetime(2026, 1, 1, tzinfo=timezone.utc)},
            ["moment: expected string or null"],
        ),
        ({"moment": "2026-01-01T00:00:00"}, [f"moment: not of the form {FORM}"]),
        ({"moment": "2026-01-01T00:00:00+01:00"}, [f"moment: not of the form {FORM}"]),
        ({"moment": "2026-01-01T00:00:00Z\n"}, [f"moment: not of the form {FORM}"]),
        (
            {"moment": "\u0662\u0660\u0662\u0666-01-01T00:00:00Z"},
            [f"moment: not of the form {FORM}"],
        ),
        ({"raw": "0"}, [r"raw: not of the form ^(?:[0-9a-f]{2})*$(?!\n)"]),
        ({"raw": "FF"}, [r"raw: not of the form ^(?:[0-9a-f]{2})*$(?!\n)"]),
        ({"raw": "ff\n"}, [r"raw: not of the form ^(?:[0-9a-f]{2})*$(?!\n)"]),
        ({"raw": b"ff"}, ["raw: expected string or null"]),
        ({"class": "ntp::acme"}, ["class: not one of the public values (puppet-class)"]),
        (
            {"class": "Acme\n"},
            [
                "class: not of the form puppet-class",
                "class: not one of the public values (puppet-class)",
            ],
        ),
        ({"versions": None}, ["versions: expected array"]),
        ({"versions": ("1.2.3",)}, ["versions: expected array"]),
        ({"versions": "1.2.3"}, ["versions: expected array"]),
        (
            {"versions": ["1.2.3", None, "acme"]},
            [
                "versions[1]: expected string",
                "versions[2]: not of the form release-version",
            ],
        ),
        ({"record": []}, ["record: expected object or null"]),
        ({"record": {}}, ["record: missing a, b"]),
        ({"record": {"a": 1, "b": None}}, ["record.b: expected integer"]),
        ({"rows": None}, ["rows: expected array"]),
        ({"rows": {"count": 1}}, ["rows: expected array"]),
        ({"rows": [None]}, ["rows[0]: expected object"]),
        (
            {"rows": [{"count": 1}, {CANARY: 1}]},
            ["rows[1]: 1 unknown key", "rows[1]: missing count"],
        ),
        ({"rows": [{"count": None}]}, ["rows[0].count: expected integer"]),
        ({"rows": [{"count": 1, "inner": None}]}, ["rows[0].inner: expected array"]),
        (
            {"rows": [{"count": 1, "inner": [{"name": "ntp"}, {"name": CANARY}]}]},
            ["rows[0].inner[1].name: not one of the public values (puppet-class)"],
        ),
        (
            {"rows": [{"count": 1, "inner": [{"name": None}]}]},
            ["rows[0].inner[0].name: expected string"],
        ),
    ],
)
def test_each_fault_has_its_path(data: Any, expected: list[str]) -> None:
    assert sorted(VALIDATOR.faults(data)) == sorted(expected)


def test_all_faults_are_said_and_each_once() -> None:
    data = {"number": "x", "flag": 1, "rows": [{"count": "x"}, {"count": "x"}], "other": 1}
    assert len(VALIDATOR.faults(data)) == 5


def test_a_domain_without_words_is_checked_for_form_alone() -> None:
    validator = Validator(COLUMNS, {})
    assert validator.faults({"class": "ntp::acme"}) == []
    assert validator.faults({"class": "Ntp"}) == ["class: not of the form puppet-class"]


def test_a_domain_with_no_word_admits_none() -> None:
    validator = Validator(COLUMNS, {Domain.CLASS_NAME: ()})
    assert validator.faults({"class": "ntp"}) == [
        "class: not one of the public values (puppet-class)"
    ]


def test_two_validators_do_not_share_their_words() -> None:
    Validator(COLUMNS, {Domain.CLASS_NAME: {CANARY}})
    assert VALIDATOR.faults({"class": CANARY}) != []


def test_the_schema_is_one_that_any_json_schema_program_reads() -> None:
    jsonschema.Draft202012Validator.check_schema(to_json_schema(COLUMNS))


# Keys and values that come from a site, all with the canary, among keys that the columns know.
keys = st.one_of(
    st.sampled_from([column.name for column in COLUMNS] + ["count", "inner", "name", "a", "b"]),
    st.text(max_size=3).map(CANARY.__add__),
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3).map(CANARY.__add__),
    st.binary(max_size=3).map(CANARY.encode().__add__),
)
nested = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)


@given(data=st.dictionaries(keys, nested, max_size=6))
def test_no_fault_holds_a_value_or_an_unknown_key(data: dict[str, Any]) -> None:
    faults = VALIDATOR.faults(data)
    assert not [fault for fault in faults if CANARY in fault or "\n" in fault]
    if set(data) - {column.name for column in COLUMNS}:
        assert faults
