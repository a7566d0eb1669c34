"""Usual reports, which are read at once: what is taken, by a plain rule, and as all others are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.collector.intake import Intake, RefusedError, typed_rows
from dropsonde.collector.intake.privacy import Privacy
from dropsonde.collector.intake.typed import UsualReader
from dropsonde.collector.intake.wire import metric_columns, report_schema
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema.model import Column, Domain, Mode, Type, records, text
from dropsonde.schema.vocabulary.version_ranges import plain
from tests.unit.collector.intake.reports import (
    CANARY,
    COLUMNS,
    MESSAGE_ID,
    NEWEST,
    NOW,
    SLUGS,
    VERSIONS,
    VOCABULARY,
    as_json,
    report,
    reports,
    to_bytes,
)
from tests.unit.collector.intake.test_published import PUBLISHED

SCHEMA = jsonschema.Draft202012Validator(report_schema(NEWEST))
TABLES = {column.name: column for column in metric_columns(NEWEST) if column.fields}
MODULES = {slug.partition("-")[2] for slug in SLUGS}
LISTS = {**VOCABULARY, Domain.MODULE_NAME: MODULES}
SLOW = Intake(VERSIONS, VOCABULARY, PUBLISHED)
SLOW._usual.read = lambda data: None  # type: ignore[method-assign] # noqa: ARG005
WORDS: dict[Domain, tuple[str, ...]] = {
    Domain.FORGE_SLUG: (*SLUGS, "acme-ntp", "puppetlabs/ntp"),
    Domain.MODULE_NAME: ("apache", "ntp", "ssh", "acme", "Acme"),
    Domain.CLASS_NAME: ("apache", "apache::mod::ssl", "ntp", "ntp::config", "acme::ntp", "Ntp"),
    Domain.VERSION: ("12.1.0", "9.2.2", "1.0.0", "3.3.3", "one"),
    Domain.VERSION_REQUIREMENT: (">= 1.0.0 < 9.0.0", ">= 1.2.0 < 9.0.0", "4.x", "1.2.3", "any"),
    Domain.RUBY_METHOD: ("each", "acme_mod", "!"),
    Domain.OS_FAMILY: ("Debian", "RedHat", "Acme", "a" * 401),
    Domain.OS_NAME: ("Debian", "Ubuntu", "Acme"),
    Domain.OS_RELEASE: ("12", "22.04", "12\n"),
    Domain.IMPLEMENTATION: ("openvox", "puppet", "acme"),
    Domain.MINOR_VERSION: ("8.11", "8.14", "8"),
}


def fields(column: Column) -> st.SearchStrategy[dict[str, Any]]:
    """Rows of words that are public, or not, or have no form, or are null."""
    values: dict[str, st.SearchStrategy[Any]] = {}
    for field in column.fields:
        good = st.sampled_from(WORDS[field.domain][:2]) if field.domain else st.integers(0, 9)
        odd = st.sampled_from(WORDS[field.domain]) if field.domain else st.integers()
        values[field.name] = st.integers(0, 19).flatmap(
            lambda n, good=good, odd=odd: odd if n == 0 else st.none() if n == 1 else good  # type: ignore[misc]
        )
    # In the schema's order, which hypothesis' own dicts do not keep.
    return st.tuples(*values.values()).map(lambda row: dict(zip(values, row, strict=True)))


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """Reports whose rows are mostly usual, and mostly in order."""
    columns = {}
    for name, column in TABLES.items():
        if draw(st.booleans()):
            rows = draw(st.lists(fields(column), max_size=4))
            columns[name] = in_order(rows) if draw(st.integers(0, 3)) else rows
    return report(columns)


def key(row: dict[str, Any]) -> list[tuple[bool, Any]]:
    return [(value is not None, value) for value in row.values()]


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted({json.dumps(row): row for row in rows}.values(), key=key)


def is_public(column: Column, row: dict[str, Any]) -> bool:
    """Whether a row may be kept, by the plain rule."""
    for field in column.fields:
        word = row[field.name]
        if word is None:
            continue
        if field.domain is Domain.CLASS_NAME:
            known = (each for slug, each in PUBLISHED.items() if slug in SLUGS)
            if not any(word in each.classes for each in known):
                return False
        elif field.domain in LISTS and word not in LISTS[field.domain]:
            return False
    if "slug" in row and row["version"] is not None:
        slug = row["slug"]
        return slug in PUBLISHED and row["version"] in PUBLISHED[slug].versions
    return True


def expected(document: Any) -> dict[str, Any] | None:
    """What is stored of a report, by the plain rule; None if it has not the form."""
    if not SCHEMA.is_valid(document):
        return None
    stored = {}
    for name, snapshot in document[ANALYTICS][SNAPSHOTS].items():
        column, rows = TABLES[name], deepcopy(snapshot["value"])
        for row in rows:
            if row.get("version_requirement"):
                row["version_requirement"] = plain(row["version_requirement"])
        stored[name] = in_order([row for row in rows if is_public(column, row)])
    return stored


def reader() -> UsualReader:
    return UsualReader(NEWEST, Privacy(VOCABULARY, PUBLISHED))


READER = reader()  # knows the words of former examples


@given(document=documents())
def test_what_is_read_is_what_the_plain_rule_keeps(document: Any) -> None:
    wanted = expected(document)
    for each in (READER, reader()):
        found = each.read(to_bytes(document))
        assert (found and as_json(found.columns)) == wanted


def test_the_rule_is_tried_on_both_kinds() -> None:
    """Else the test above would compare nothing with nothing."""
    found: list[bool] = []

    @settings(max_examples=100)
    @given(document=documents())
    def draw(document: Any) -> None:
        stored = expected(document)
        found.append(bool(stored and any(stored.values())))

    draw()
    assert 20 < sum(found) < len(found)


def outcome(intake: Intake, data: bytes) -> Any:
    try:
        taken = intake.take(data, NOW, MESSAGE_ID)
    except RefusedError as error:
        return error.faults
    return as_json(taken)


PIECES = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"1e9", b"9" * 30, b"1.0"),
    *(b'"value":', b'"name":"ntp"', b"\\ud800", b"\\u006e", b"[" * 2000, b"\xff", b"\x00", b"-0"),
    *(b'"count":1,', b'"modules":', b" ", b"\n", b'{"name":"ntp","count":1},', b"true"),
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """The bytes of a report with pieces taken out, put in, repeated and changed, or none."""
    data = draw((documents() | reports() | st.just(report(COLUMNS))).map(to_bytes))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 20)))
        piece = draw(st.sampled_from(PIECES) | st.just(data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data


FAST = Intake(VERSIONS, VOCABULARY, PUBLISHED)


@given(data=spoilt())
def test_any_report_comes_to_the_same_without_this_reader(data: bytes) -> None:
    assert outcome(FAST, data) == outcome(SLOW, data)


def test_a_good_report_is_read_and_stored_as_it_came() -> None:
    found = UsualReader(NEWEST, Privacy(VOCABULARY)).read(to_bytes(report(COLUMNS)))
    assert found is not None
    assert not +found.dropped
    assert as_json(found.columns) == COLUMNS
    raw = {name for name, value in found.columns.items() if isinstance(value, msgspec.Raw)}
    assert raw == TABLES.keys()


def changed() -> Iterator[Any]:
    """Ways in which the bytes of a good report can differ from the usual ones."""
    data = to_bytes(report(COLUMNS))
    name = b'{"name":"apache::mod::ssl","count":7}'
    assert data.count(name) == 1
    for what, piece in {
        "a key again": b'{"name":"ntp","name":"apache::mod::ssl","count":7}',
        "another order": b'{"count":7,"name":"apache::mod::ssl"}',
        "a field more": b'{"name":"apache::mod::ssl","count":7,"more":1}',
        "a field less": b'{"name":"apache::mod::ssl"}',
        "null": b'{"name":"apache::mod::ssl","count":null}',
        "a fraction": b'{"name":"apache::mod::ssl","count":7.0}',
        "an exponent": b'{"name":"apache::mod::ssl","count":7e0}',
        "true": b'{"name":"apache::mod::ssl","count":true}',
        "too many": b'{"name":"apache::mod::ssl","count":10000001}',
        "less than none": b'{"name":"apache::mod::ssl","count":-1}',
        "minus zero": b'{"name":"apache::mod::ssl","count":-0}',
        "a space": b'{"name":"apache::mod::ssl", "count":7}',
        "an escape": b'{"name":"\\u0061pache::mod::ssl","count":7}',
        "another form": b'{"name":"apache::mod::ssl\\n","count":7}',
        "a lone surrogate": b'{"name":"\\ud800","count":7}',
        "no row": b"null",
    }.items():
        yield pytest.param(data.replace(name, piece), id=what)
    yield pytest.param(data.replace(b'"value":3', b'"value":3.0'), id="a fraction in a column")
    yield pytest.param(data.replace(b'"value":3', b'"value":"3"'), id="a text in a column")
    yield pytest.param(data.replace(b'"site_id":"0', b'"site_id":"G'), id="the site's id")
    yield pytest.param(data.replace(b"T11:59:59Z", b"", 1), id="a moment")
    yield pytest.param(data.rstrip() + b" ", id="a space at the end")


@pytest.mark.parametrize("data", list(changed()))
def test_all_else_is_left_to_the_other_readers(data: bytes) -> None:
    assert UsualReader(NEWEST, Privacy(VOCABULARY)).read(data) is None


def test_a_private_word_never_becomes_known(monkeypatch: pytest.MonkeyPatch) -> None:
    found = reader()
    rows = [{"name": name, "count": 1} for name in ("ntp", "ntp::config", f"ntp::{CANARY}")]
    for _ in range(2):
        usual = found.read(to_bytes(report({"classes": rows})))
        assert usual is not None
        assert +usual.dropped == {"unpublished_class": 1}
    (words,) = found._tables["classes"]._words
    assert words._known == set()
    found.read(to_bytes(report({"classes": rows[:2]})))
    assert words._known == {"ntp", "ntp::config"}
    monkeypatch.setattr(typed_rows, "MOST_WORDS", 2)
    found.read(to_bytes(report({"classes": [{"name": "apache", "count": 1}]})))
    assert words._known == {"apache"}
    names = ["apache::mod::ssl", "ntp", "ntp::config"]
    found.read(to_bytes(report({"classes": [{"name": name, "count": 1} for name in names]})))
    assert len(words._known) <= 2


def test_a_row_of_other_types_is_left_to_the_other_readers() -> None:
    share = Column("share", Type.BOOLEAN, "A share.", Mode.NULLABLE)
    column = records("rows", "Rows.", text("name", Domain.MODULE_NAME, "A name."), share)
    versions = [(*NEWEST, column), *VERSIONS]
    intake = Intake(versions, VOCABULARY)
    for value in (True, None):
        rows = [{"name": "ntp", "share": value}]
        taken = intake.take(to_bytes(report({"rows": rows})), NOW, MESSAGE_ID)
        assert as_json(taken.row.columns) == {"rows": rows}


def test_the_probes_order_is_the_usual_one() -> None:
    rng = Random(1)
    for _ in range(20):
        given_columns = {name: value for name, value in COLUMNS.items() if rng.random() < 0.5}
        assert reader().read(to_bytes(report(given_columns))) is not None
