"""Reports of the Ruby program: its known oddities are put right, and no others."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.intake.ruby_probe import put_right
from dropsonde.collector.intake.wire import table_columns
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from tests.unit.collector.intake.reports import (
    APACHE,
    CANARY,
    NEWEST,
    SITE_ID,
    faults_of,
    report,
    reports,
    snapshot,
    take,
)

TABLES = table_columns(NEWEST)
BEFORE = f"{ANALYTICS}.{SNAPSHOTS}"
MODULE = {"name": "apache", "slug": "puppetlabs-apache", "version": "12.1.0"}
# As it sends them, with PuppetDB: the zone is the site's, classes are named by PuppetDB, rows are
# repeated.
RUBY: dict[str, Any] = {
    "product": "popularity-module",
    "version": "1.0.0",
    "site_id": SITE_ID,
    ANALYTICS: {
        SNAPSHOTS: {
            name: snapshot(value, "2026-11-20T12:59:59+01:00")
            for name, value in {
                "dependencies": [{"name": "puppetlabs/ntp", "version_requirement": ">= 0.0.0"}],
                "environment_count": 2,
                "modules": [MODULE, {**MODULE, "version": "12.0.0"}],
                "classes": [{"name": "Apache::Mod::Ssl", "count": 7}],
                "unused_modules": ["ntp", "apache"],
                "unused_classes": ["apache::dev", "apache::dev", "ntp"],
                "class_platforms": [
                    {"name": "Apache", "platform": "RedHat", "count": 2},
                    {"name": "Apache", "platform": "RedHat", "count": 2},
                ],
                "puppetfile_ruby_methods": [{"name": "each", "count": 1}],
            }.items()
        }
    },
}


def columns(document: Any) -> dict[str, Any]:
    return dict(take(document).row.columns)


def test_its_report_is_taken() -> None:
    taken = take(RUBY)
    assert taken.row.columns == {
        "dependencies": [{"name": "puppetlabs-ntp", "version_requirement": ">= 0.0.0"}],
        "environment_count": 2,
        "modules": [{**MODULE, "version": "12.0.0"}, MODULE],
        "classes": [{"name": "apache::mod::ssl", "count": 7}],
        "unused_modules": [{**MODULE, "version": "12.0.0"}, MODULE],
        "unused_classes": [{"name": "apache::dev"}, {"name": "ntp"}],
        "class_platforms": [{"name": "apache", "platform": "RedHat", "count": 2}],
        "puppetfile_ruby_methods": [{"name": "each", "count": 1}],
    }
    assert taken.dropped == {"incomplete": 1}  # ntp, which its modules do not hold


def test_without_puppetdb_its_lists_are_empty() -> None:
    empty: dict[str, Any] = {"classes": [], "unused_modules": [], "unused_classes": []}
    assert columns(report({"modules": [MODULE], **empty})) == {"modules": [MODULE], **empty}


def test_names_are_not_looked_up_in_rows_that_are_none() -> None:
    document = report({"modules": [None, {"name": 1}, MODULE], "unused_modules": ["apache"]})
    assert faults_of(document) == [
        f"{BEFORE}.modules.value[0]: expected object",
        f"{BEFORE}.modules.value[1].name: expected string or null",
    ]


def test_unused_modules_may_be_slugs() -> None:
    document = report({"unused_modules": ["saz-ssh", "puppetlabs-ntp", "saz-ssh"]})
    assert columns(document)["unused_modules"] == [
        {"name": "ntp", "slug": "puppetlabs-ntp", "version": None},
        {"name": "ssh", "slug": "saz-ssh", "version": None},
    ]


def test_fields_may_be_null() -> None:
    taken = take(
        report(
            {
                "environment_count": None,
                "modules": [APACHE, {**APACHE, "slug": None}, {"slug": "saz-ssh"}],
                "classes": [{"name": "ntp", "count": None}, {"name": "ntp", "count": 1}],
            }
        )
    )
    assert taken.row.columns == {"modules": [APACHE], "classes": [{"name": "ntp", "count": 1}]}
    assert taken.dropped == {"incomplete": 3}


def test_a_text_that_it_never_checked_is_emptied_or_its_row_dropped() -> None:
    taken = take(
        report(
            {
                "modules": [{**APACHE, "version": f"1.2.3-{CANARY}"}],
                "dependencies": [{"name": "saz-ssh", "version_requirement": f"{CANARY}\n"}],
                "class_platforms": [{"name": "ntp", "platform": f"{CANARY} \u00e9", "count": 1}],
                "puppetfile_ruby_methods": [{"name": f"{CANARY}-\u00e9", "count": 1}],
            }
        )
    )
    assert taken.row.columns == {
        "modules": [{**APACHE, "version": None}],
        "dependencies": [{"name": "saz-ssh", "version_requirement": None}],
        "class_platforms": [],
        "puppetfile_ruby_methods": [],
    }
    assert taken.dropped == {"incomplete": 2}
    assert CANARY not in repr(taken)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("unused_classes", ["ntp", 1], "[0]: expected object"),
        ("unused_classes", ["ntp", {"name": "ntp"}], "[0]: expected object"),
        ("unused_classes", ["ntp", CANARY + "!"], "[0]: expected object"),
        ("unused_classes", ["\N{KELVIN SIGN}"], "[0]: expected object"),
        ("unused_classes", ["a" * 401], "[0]: expected object"),
        ("unused_modules", ["a-b-c"], "[0]: expected object"),
        ("unused_modules", ["puppetlabs/ntp"], "[0]: expected object"),
        ("unused_modules", ["Ntp"], "[0]: expected object"),
        ("modules", ["puppetlabs-ntp"], "[0]: expected object"),
        ("classes", ["Ntp"], "[0]: expected object"),
        (
            "classes",
            [{"name": "\N{KELVIN SIGN}", "count": 1}],
            "[0].name: not of the form puppet-class",
        ),
        ("classes", [{"name": "a" * 401, "count": 1}], "[0].name: out of range (maxLength)"),
        (
            "dependencies",
            [{"name": "a/b/c", "version_requirement": "1.x"}],
            "[0].name: not of the form forge-slug",
        ),
        ("dependencies", [{"name": "a/b", "repo": CANARY}], "[0]: 1 unknown key"),
        ("modules", [{**APACHE, "version": 1}], "[0].version: expected string or null"),
    ],
)
def test_all_else_is_refused(column: str, value: Any, expected: str) -> None:
    assert faults_of(report({column: value}))[0] == f"{BEFORE}.{column}.value{expected}"


def test_a_fault_has_the_place_that_the_sender_knows() -> None:
    rows = [
        {"name": "Apache", "count": 1},
        {"name": None, "count": 1},
        {"name": "Ntp", "count": -1},
    ]
    document = report({"classes": rows, "unused_modules": ["saz-ssh"]})
    assert faults_of(document) == [
        f"{BEFORE}.classes.value[2].count: out of range (minimum)",
    ]


@given(document=reports())
def test_a_report_as_it_should_be_is_left_as_it_is(document: Any) -> None:
    before = copy.deepcopy(document)
    assert put_right(document, TABLES) == before
    assert document == before


@pytest.mark.parametrize("document", [None, [], {ANALYTICS: None}, {ANALYTICS: {SNAPSHOTS: []}}])
def test_a_document_may_be_anything(document: Any) -> None:
    assert put_right(document, TABLES) == document


@given(
    value=st.none()
    | st.text()
    | st.lists(st.none() | st.text(max_size=3) | st.just([{"name": 1}])),
    column=st.sampled_from([column.name for column in TABLES]),
)
def test_columns_may_be_anything(value: Any, column: str) -> None:
    document = report({column: value, "modules": value})
    assert set(put_right(document, TABLES)[ANALYTICS][SNAPSHOTS]) == {column, "modules"}
    document[ANALYTICS][SNAPSHOTS][column] = value
    assert put_right(document, TABLES)[ANALYTICS][SNAPSHOTS][column] == value


def test_many_names_of_one_module_do_not_multiply() -> None:
    versions = [{**MODULE, "version": f"1.0.{number}"} for number in range(200)]
    document = report({"modules": versions, "unused_modules": ["apache"] * 5000})
    right = put_right(document, TABLES)[ANALYTICS][SNAPSHOTS]["unused_modules"]["value"]
    assert right == versions
