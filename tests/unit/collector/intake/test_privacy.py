"""The second line of privacy: what is not public is not stored, and is counted."""

from __future__ import annotations

from typing import Any

import pytest

from dropsonde.collector.intake import Intake
from dropsonde.collector.intake.privacy import REASONS
from dropsonde.schema.model import Column, Domain, Mode, Type, integer, records, text
from tests.unit.collector.intake.reports import (
    CANARY,
    COLUMNS,
    NEWEST,
    VERSIONS,
    VOCABULARY,
    report,
    take,
)


@pytest.mark.parametrize(
    ("column", "row", "reason"),
    [
        ("modules", {"name": "ntp", "slug": "acme-ntp", "version": None}, "unlisted_module"),
        ("modules", {"name": "acme", "slug": "saz-ssh", "version": "1.0.0"}, "unlisted_module"),
        ("modules", {"name": "ssh", "slug": "Saz-ssh", "version": None}, "unlisted_module"),
        ("unused_modules", {"name": "a", "slug": "a-a", "version": None}, "unlisted_module"),
        ("dependencies", {"name": "a-a", "version_requirement": None}, "unlisted_module"),
        ("classes", {"name": "acme", "count": 1}, "unlisted_class"),
        ("classes", {"name": "acme::ntp", "count": 1}, "unlisted_class"),
        ("classes", {"name": "puppetlabs::ntp", "count": 1}, "unlisted_class"),
        ("classes", {"name": "ntpd", "count": 1}, "unlisted_class"),
        ("unused_classes", {"name": "acme"}, "unlisted_class"),
        ("class_platforms", {"name": "acme", "platform": "Debian", "count": 1}, "unlisted_class"),
        ("class_platforms", {"name": "ntp", "platform": "Acme", "count": 1}, "unknown_platform"),
        ("class_platforms", {"name": "ntp", "platform": "debian", "count": 1}, "unknown_platform"),
        ("puppetfile_ruby_methods", {"name": "acme_mod", "count": 1}, "foreign_method"),
    ],
)
def test_a_row_that_is_not_public_is_dropped_and_counted(
    column: str, row: dict[str, Any], reason: str
) -> None:
    taken = take(report({column: [*COLUMNS[column], row]}))
    assert taken.row.columns == {column: COLUMNS[column]}
    assert taken.dropped == {reason: 1}
    assert reason in REASONS


def test_public_rows_stay() -> None:
    taken = take(report(COLUMNS))
    assert taken.row.columns == COLUMNS
    assert taken.dropped == {}


def test_rows_are_counted_by_reason_over_all_columns() -> None:
    rows = [{"name": f"{CANARY}{number}", "count": 1} for number in range(3)]
    taken = take(
        report(
            {"classes": rows, "unused_classes": [{"name": CANARY}], "modules": COLUMNS["modules"]}
        )
    )
    assert taken.dropped == {"unlisted_class": 4}
    assert taken.row.columns == {"modules": COLUMNS["modules"], "classes": [], "unused_classes": []}
    assert CANARY not in repr(taken)


@pytest.mark.parametrize(
    ("missing", "lost"),
    [
        (
            Domain.FORGE_SLUG,
            {"dependencies", "modules", "classes", "unused_modules", "unused_classes"}
            | {"class_platforms"},
        ),
        (Domain.RUBY_METHOD, {"puppetfile_ruby_methods"}),
        (Domain.OS_FAMILY, {"class_platforms"}),
    ],
)
def test_without_a_vocabulary_nothing_of_it_is_stored(missing: Domain, lost: set[str]) -> None:
    known = {domain: words for domain, words in VOCABULARY.items() if domain is not missing}
    taken = take(report(COLUMNS), Intake(VERSIONS, known))
    assert taken.row.columns == {
        name: [] if name in lost else value for name, value in COLUMNS.items()
    }
    assert sum(taken.dropped.values()) == sum(len(COLUMNS[name]) for name in lost)


def with_column(column: Column) -> Intake:
    return Intake([(*NEWEST, column)], VOCABULARY)


def test_words_of_which_nobody_knows_whether_they_are_public_are_not_stored() -> None:
    intake = with_column(records("rows", "Rows.", text("ip", Domain.IP_ADDRESS, "An address.")))
    taken = take(report({"rows": [{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}]}), intake)
    assert taken.row.columns == {"rows": []}
    assert taken.dropped == {"unknown_vocabulary": 2}


def test_a_word_that_may_be_null_is_checked_when_it_is_not() -> None:
    name = text("name", Domain.OS_FAMILY, "A family.", Mode.NULLABLE)
    intake = with_column(records("rows", "Rows.", name, integer("n", "A number.", Mode.NULLABLE)))
    rows = [{"name": "Debian", "n": 2}, {"name": "Acme"}, {"n": 2}, {"name": None, "n": None}, {}]
    taken = take(report({"rows": rows}), intake)
    assert taken.row.columns["rows"] == [
        {"name": None, "n": None},
        {"name": None, "n": 2},
        {"name": "Debian", "n": 2},
    ]
    assert taken.dropped == {"unknown_platform": 1}


@pytest.mark.parametrize(
    "column",
    [
        text("family", Domain.OS_FAMILY, "One family."),
        text("families", Domain.OS_FAMILY, "Families.", Mode.REPEATED),
        Column("numbers", Type.INTEGER, "Numbers.", Mode.REPEATED),
        Column("record", Type.RECORD, "One row.", fields=(integer("n", "A number."),)),
        records("rows", "Rows.", records("inner", "Rows.", integer("n", "A number."))),
        records("rows", "Rows.", text("names", Domain.OS_FAMILY, "Names.", Mode.REPEATED)),
    ],
)
def test_a_column_of_a_shape_that_nothing_checks_is_not_taken_on(column: Column) -> None:
    with pytest.raises(NotImplementedError, match=column.name):
        with_column(column)
