"""Reports to be taken in: by hand, and drawn by hypothesis from the schema itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import msgspec
from hypothesis import strategies as st

from dropsonde.collector.intake import Intake, RefusedError, Taken
from dropsonde.collector.intake.wire import metric_columns
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema import published
from dropsonde.schema.model import Column, Domain, Mode, Type
from dropsonde.schema.vocabulary.version_ranges import plain

CANARY = "acme_canary"
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
MESSAGE_ID = "01234567-89ab-4def-8123-456789abcdef"
SITE_ID = "0123456789abcdef" * 8
VERSIONS = tuple(published.load().values())
NEWEST = VERSIONS[0]
SLUGS = ("puppetlabs-apache", "puppetlabs-ntp", "saz-ssh", "Herculesteam-augeasproviders_core")
VOCABULARY = {
    Domain.FORGE_SLUG: SLUGS,
    Domain.RUBY_METHOD: ("each", "puts"),
    Domain.OS_FAMILY: ("Debian", "RedHat"),
    Domain.OS_NAME: ("Debian", "Ubuntu"),
}
INTAKE = Intake(VERSIONS, VOCABULARY)

APACHE = {"name": "apache", "slug": "puppetlabs-apache", "version": "12.1.0"}
NTP = {"name": "ntp", "slug": "puppetlabs-ntp", "version": None}
# One of everything, in the order in which it is stored.
COLUMNS: dict[str, Any] = {
    "dependencies": [{"name": "saz-ssh", "version_requirement": ">= 1.0.0 < 9.0.0"}],
    "environment_count": 3,
    "modules": [APACHE, NTP],
    "classes": [{"name": "apache::mod::ssl", "count": 7}, {"name": "ntp", "count": 9}],
    "unused_modules": [NTP],
    "unused_classes": [{"name": "apache"}],
    "operating_systems": [
        {"name": "Debian", "release": "12", "count": 4},
        {"name": "Ubuntu", "release": "22.04", "count": 5},
    ],
    "class_platforms": [
        {"name": "ntp", "platform": "Debian", "count": 4},
        {"name": "ntp", "platform": "RedHat", "count": 5},
    ],
    "puppetfile_ruby_methods": [{"name": "each", "count": 2}],
    "servers": [{"implementation": "openvox", "version": "8.11", "os": None, "release": None}],
    "agents": [{"implementation": None, "version": "8.14", "count": 9}],
}


def snapshot(value: Any, timestamp: str = "2026-11-20T11:59:59Z") -> dict[str, Any]:
    return {"value": value, "timestamp": timestamp}


def report(columns: dict[str, Any]) -> dict[str, Any]:
    return {
        "product": "popularity-module",
        "version": "1.0.0",
        "site_id": SITE_ID,
        ANALYTICS: {SNAPSHOTS: {name: snapshot(value) for name, value in columns.items()}},
    }


def to_bytes(document: Any) -> bytes:
    """As the probe writes it."""
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def as_stored(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose range, if it has one, is in its plainest form."""
    wanted = row.get("version_requirement")
    return {**row, "version_requirement": plain(wanted)} if wanted else row


def as_json(value: Any) -> Any:
    """What is written of a value, as plain JSON."""
    return msgspec.json.decode(msgspec.json.encode(value))


def take(document: Any, intake: Intake = INTAKE, when: datetime = NOW) -> Taken:
    """What is taken of a report, its rows as dicts."""
    data = document if isinstance(document, bytes) else to_bytes(document)
    taken = intake.take(data, when, MESSAGE_ID)
    columns = as_json(taken.row.columns)
    return replace(taken, row=replace(taken.row, columns=columns))


def faults_of(document: Any, intake: Intake = INTAKE) -> list[str]:
    """The faults for which a report is refused; none when it is taken."""
    try:
        take(document, intake)
    except RefusedError as error:
        return list(error.faults)
    return []


def value_of(column: Column) -> st.SearchStrategy[Any]:
    """What a column may hold."""
    one: st.SearchStrategy[Any]
    if column.type is Type.RECORD:
        one = st.fixed_dictionaries(
            {f.name: value_of(f) for f in column.fields if f.mode is not Mode.NULLABLE},
            optional={f.name: value_of(f) for f in column.fields if f.mode is Mode.NULLABLE},
        )
    elif column.type is Type.INTEGER:
        one = st.integers(0, 10_000_000)
    else:
        assert column.domain is not None
        one = st.from_regex(column.domain.pattern, fullmatch=True).filter(lambda t: len(t) <= 400)
        words = (*VOCABULARY.get(column.domain, ()), "ntp", "apache::mod", "1.2.3", "8.1", "pe")
        one |= st.sampled_from([word for word in words if column.domain.admits(word)])
    if column.mode is Mode.REPEATED:
        return st.lists(one, max_size=4)
    return one | st.none() if column.mode is Mode.NULLABLE else one


def reports(columns: Sequence[Column] = NEWEST) -> st.SearchStrategy[dict[str, Any]]:
    """Reports of a version, with any of its columns."""
    values = {column.name: value_of(column) for column in metric_columns(columns)}
    return st.fixed_dictionaries({}, optional=values).map(report)
