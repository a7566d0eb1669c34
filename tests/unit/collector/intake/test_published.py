"""Published releases: only their versions and classes are kept, of modules on the Forge's list."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.intake import Intake
from dropsonde.collector.intake.privacy import REASONS
from dropsonde.collector.vocabulary_file import Published
from dropsonde.schema.model import Domain, Mode, records, text
from tests.unit.collector.intake.reports import (
    COLUMNS,
    NEWEST,
    SLUGS,
    VERSIONS,
    VOCABULARY,
    report,
    take,
)

FIELDS = {column.name: [field.name for field in column.fields] for column in NEWEST}
MODULES = {slug.partition("-")[2] for slug in SLUGS}
# Nothing is known of saz-ssh, and acme-private is not on the Forge's list.
PUBLISHED = {
    "puppetlabs-apache": Published(
        frozenset({"12.1.0", "1.2.3"}), frozenset({"apache", "apache::mod::ssl"})
    ),
    "puppetlabs-ntp": Published(frozenset({"9.2.2"}), frozenset({"ntp", "ntp::config"})),
    "Herculesteam-augeasproviders_core": Published(frozenset({"1.0.0"}), frozenset()),
    "acme-private": Published(frozenset({"1.0.0"}), frozenset({"private", "private::secret"})),
}
INTAKE = Intake(VERSIONS, VOCABULARY, PUBLISHED)

slugs = st.sampled_from([*SLUGS, "acme-private", "acme-ntp"])
names = st.sampled_from([*sorted(MODULES), "private"])
versions = st.sampled_from([None, "12.1.0", "1.2.3", "9.2.2", "1.0.0", "3.3.3"])
classes = st.sampled_from(
    [
        *("apache", "apache::mod::ssl", "apache::acme", "ntp", "ntp::config", "ntp::mod::ssl"),
        *("ssh", "ssh::server", "augeasproviders_core", "private", "private::secret", "acme"),
    ]
)
modules = st.fixed_dictionaries({"name": names, "slug": slugs, "version": versions})
counts = st.integers(0, 3)
platforms = st.sampled_from(["Debian", "RedHat", "Acme"])
tables: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "modules": modules,
    "unused_modules": modules,
    "classes": st.fixed_dictionaries({"name": classes, "count": counts}),
    "unused_classes": st.fixed_dictionaries({"name": classes}),
    "class_platforms": st.fixed_dictionaries(
        {"name": classes, "platform": platforms, "count": counts}
    ),
}
columns = st.fixed_dictionaries(
    {}, optional={name: st.lists(row, max_size=8) for name, row in tables.items()}
)


def defining(name: str) -> list[str]:
    """The listed modules of which a known release defines a class."""
    return [slug for slug in SLUGS if slug in PUBLISHED and name in PUBLISHED[slug].classes]


def fault(row: dict[str, Any]) -> str | None:
    """Why a row may not be kept, by the plain rule."""
    if "slug" in row:
        if row["slug"] not in SLUGS or row["name"] not in MODULES:
            return "unlisted_module"
        if row["version"] is None:
            return None
        known = row["slug"] in PUBLISHED and row["version"] in PUBLISHED[row["slug"]].versions
        return None if known else "unpublished_version"
    if row["name"].split("::")[0] not in MODULES:
        return "unlisted_class"
    if row.get("platform") == "Acme":
        return "unknown_platform"
    return None if defining(row["name"]) else "unpublished_class"


def in_order(column: str, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Unique rows, with null before any other value."""
    unique = {tuple(row[name] for name in FIELDS[column]) for row in rows}
    return sorted(unique, key=lambda row: [(value is not None, value) for value in row])


@given(given=columns)
def test_a_row_is_kept_when_a_listed_module_published_it(given: dict[str, Any]) -> None:
    taken = take(report(given), INTAKE)
    lost: Counter[str] = Counter()
    for name, rows in given.items():
        faults = [fault(row) for row in rows]
        lost.update(reason for reason in faults if reason)
        kept = [row for row, reason in zip(rows, faults, strict=True) if reason is None]
        stored = taken.row.columns[name]
        assert [tuple(row[f] for f in FIELDS[name]) for row in stored] == in_order(name, kept)
    assert taken.dropped == lost
    assert set(lost) <= set(REASONS)


@given(given=columns)
def test_the_ruby_programs_spelling_and_older_versions_change_nothing(
    given: dict[str, Any],
) -> None:
    ruby = dict(given)
    for name in ("classes", "class_platforms"):
        ruby[name] = [
            {**row, "name": "::".join(map(str.capitalize, row["name"].split("::")))}
            for row in given.get(name, [])
        ]
    ruby["unused_classes"] = [row["name"] for row in given.get("unused_classes", [])]
    ours = {name: given.get(name, []) for name in ruby}
    theirs, expected = take(report(ruby), INTAKE), take(report(ours), INTAKE)
    assert theirs.row.columns == expected.row.columns
    for reason in REASONS:  # its list of names has no duplicates
        assert theirs.dropped.get(reason, 0) <= expected.dropped.get(reason, 0)


@given(given=columns)
def test_no_release_is_known_is_not_the_same_as_no_vocabulary(given: dict[str, Any]) -> None:
    nothing = take(report(given), Intake(VERSIONS, VOCABULARY, {})).row.columns
    for name, rows in nothing.items():
        assert all("slug" in row and row["version"] is None for row in rows), name
    as_before = take(report(given), Intake(VERSIONS, VOCABULARY, None))
    assert as_before == take(report(given))
    assert not {"unpublished_version", "unpublished_class"} & set(as_before.dropped)


@pytest.mark.parametrize("slug", ["saz-ssh", "Herculesteam-augeasproviders_core"])
def test_a_listed_module_without_a_known_class_has_no_public_class(slug: str) -> None:
    name = slug.partition("-")[2]
    rows = [{"name": name, "slug": slug, "version": version} for version in (None, "7.7.7")]
    taken = take(report({"modules": rows, "unused_classes": [{"name": name}]}), INTAKE)
    assert taken.row.columns == {"modules": rows[:1], "unused_classes": []}
    assert taken.dropped == {"unpublished_version": 1, "unpublished_class": 1}


def test_the_other_columns_are_as_before() -> None:
    taken = take(report(COLUMNS), INTAKE)
    assert taken.row.columns == COLUMNS
    assert taken.dropped == {}


def test_each_word_of_a_row_is_checked_and_null_passes_where_it_may_stand() -> None:
    table = records(
        "rows",
        "Rows.",
        text("one", Domain.CLASS_NAME, "A class."),
        text("two", Domain.CLASS_NAME, "Another.", Mode.NULLABLE),
    )
    intake = Intake([(*NEWEST, table)], VOCABULARY, PUBLISHED)
    rows = [
        {"one": "ntp", "two": None},
        {"one": "ntp", "two": "apache"},
        {"one": "ntp", "two": "apache::acme"},
        {"one": "ntp::acme", "two": "apache"},
    ]
    taken = take(report({"rows": rows}), intake)
    assert taken.row.columns["rows"] == rows[:2]
    assert taken.dropped == {"unpublished_class": 2}


def test_a_null_slug_has_no_published_version() -> None:
    table = records(
        "rows",
        "Rows.",
        text("slug", Domain.FORGE_SLUG, "A module.", Mode.NULLABLE),
        text("version", Domain.VERSION, "A version."),
    )
    intake = Intake([(*NEWEST, table)], VOCABULARY, PUBLISHED)
    rows = [{"slug": None, "version": "9.2.2"}, {"slug": "puppetlabs-ntp", "version": "9.2.2"}]
    taken = take(report({"rows": rows}), intake)
    assert taken.row.columns["rows"] == rows[1:]
    assert taken.dropped == {"unpublished_version": 1}
