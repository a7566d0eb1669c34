"""Made-up counted tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dropsonde.aggregation.privacy.counted import Counted
from dropsonde.aggregation.release import Field, Role, Table
from dropsonde.schema.model import Type

WEEK = "2026-W47"


def table(name: str, keys: Iterable[str], *extra: Field) -> Table:
    """A table without rows; its keys are strings."""
    fields = (*(Field(key, Type.STRING, Role.KEY, f"A {key}.") for key in keys), SITES, *extra)
    return Table(name, f"All of {name}", "Made up.", fields, ())


SITES = Field("sites", Type.INTEGER, Role.SITES, "Distinct sites.")
NODES = Field("nodes", Type.INTEGER, Role.SUM, "Nodes.")
MEAN = Field("mean", Type.FLOAT, Role.AVERAGE, "Nodes of a site.")


def counts(
    name: str, keys: Iterable[str], groups: Mapping[tuple[Any, ...], int], most: int = 3
) -> Counted:
    """Groups and their numbers of sites."""
    rows = tuple((*group, sites) for group, sites in groups.items())
    return Counted(table(name, keys).with_rows(rows), most)


def modules(sites: Iterable[Iterable[tuple[str, str]]], most: int = 100) -> list[Counted]:
    """What sites with (module, version) have, as modules, majors and versions."""
    names: Counter[tuple[str]] = Counter()
    majors: Counter[tuple[str, str]] = Counter()
    versions: Counter[tuple[str, str]] = Counter()
    for site in sites:
        has = set(site)
        names.update({(module,) for module, _ in has})
        majors.update({(module, version.partition(".")[0]) for module, version in has})
        versions.update(has)
    return [
        counts("modules", ["module"], names, most),
        counts("majors", ["module", "major"], majors, most),
        counts("versions", ["module", "version"], versions, most),
    ]
