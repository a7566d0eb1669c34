"""The public index: weeks, method, tables and their files."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from dropsonde.publish import paths
from dropsonde.publish.method import method

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Table
    from dropsonde.publish.numbers import Numbers

    Document = dict[str, Any]


def index(weeks: Sequence[Numbers], cells: Collection[str]) -> Document:
    """The index.

    Args:
        weeks: oldest first.
        cells: the weeks whose cells are there.
    """
    newest = weeks[-1].release
    return {
        "newest": newest.week,
        "k": newest.method.k,
        "licence": paths.LICENCE,
        "made_up": newest.method.made_up,
        "weeks": [_week(each, cells) for each in weeks],
        "method": method(newest),
        "precision": weeks[-1].precision,
        "attacks": _attacks(),
        "tables": [
            {
                "name": name,
                "title": table.title,
                "description": table.description,
                "rows": len(table.rows),
                "fields": fields(table),
                "files": paths.files(newest.week, name),
                "history": {
                    form: paths.data(paths.HISTORY, name, form)
                    for form in paths.history_forms(name)
                },
            }
            for name, table in sorted(newest.tables.items())
        ],
    }


def fields(table: Table) -> list[Document]:
    """A table's columns."""
    return [
        {
            "name": field.name,
            "type": field.type.value,
            "role": field.role.value,
            "description": field.description,
        }
        for field in table.fields
    ]


def _week(numbers: Numbers, cells: Collection[str]) -> Document:
    release = numbers.release
    made = release.method
    return {
        "week": release.week,
        "sites": release.sites,
        "error": release.sites_error,
        "week_sites": release.sites_week,
        "week_error": numbers.precision["*"]["week_error"],
        "released": f"{release.made:%Y-%m-%d}",
        "made": f"{release.made:%Y-%m-%dT%H:%M:%SZ}",
        "cells": paths.cells(release.week) if release.week in cells else None,
        "method": {
            "unit": made.unit,
            "epsilon": made.epsilon,
            "delta": made.delta,
            "weeks": made.weeks,
            "deviations": made.deviations,
            "k": made.k,
        },
    }


def _attacks() -> list[Document]:
    """Results of our own attacks on made-up weeks, as ``ext/attack`` wrote them."""
    text = resources.files(__package__).joinpath("attacks.json").read_text("utf-8")
    found: list[Document] = json.loads(text)
    return found
