"""The dataset's columns as each release described them: what a receiver has to understand.

A version whose columns differ from the one before has a JSON file, named after the release that
introduced it: BigQuery's schema file plus the format of each STRING's domain.
``ext/publish_schema.py`` writes the newest one. ``0.0.9`` is the Ruby program of the same name,
which requires no field.

A newer version holds every column of the older ones, with the same type: a dataset made from the
newest can store them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from dropsonde.schema.model import Column, Domain, Mode, Type

FOLDER = "releases"


def load() -> dict[str, tuple[Column, ...]]:
    """The columns of each release, the envelope's included; the newest release first."""
    found = {
        file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8"))
        for file in (files("dropsonde.schema") / FOLDER).iterdir()
        if file.name.endswith(".json")
    }
    return {name: from_published(found[name]) for name in sorted(found, key=_age, reverse=True)}


def to_published(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """Columns as a published schema file."""
    return [
        {
            "name": column.name,
            "type": column.type.value,
            "mode": column.mode.value,
            "description": column.description,
            **({"domain": column.domain.format} if column.domain else {}),
            **({"fields": to_published(column.fields)} if column.fields else {}),
        }
        for column in columns
    ]


def from_published(items: list[dict[str, Any]]) -> tuple[Column, ...]:
    """The columns of a published schema file, or of a BigQuery schema file without domains."""
    domains = {domain.format: domain for domain in Domain}
    return tuple(
        Column(
            item["name"],
            Type(item["type"]),
            item["description"],
            Mode(item["mode"]),
            domains[item["domain"]] if "domain" in item else None,
            from_published(item.get("fields", [])),
        )
        for item in items
    )


def _age(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
