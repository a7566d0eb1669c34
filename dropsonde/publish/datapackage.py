"""A directory of the dataset as a Frictionless Data Package (version 1 of its specification)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import Role
from dropsonde.publish import paths
from dropsonde.publish.numbers import Numbers
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

_TYPES = {Type.STRING: "string", Type.INTEGER: "integer", Type.FLOAT: "number"}
_MEDIA = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True)
class Resource:
    """A file of a package.

    Attributes:
        table: that it holds.
        form: one of :data:`paths.FORMS`.
        path: of the file.
    """

    table: Table
    form: str
    path: Path

    def describe(self) -> dict[str, Any]:
        """The resource's descriptor."""
        data = self.path.read_bytes()
        return {
            "name": f"{self.table.name}-{self.form}",
            "profile": "data-resource" if self.form == "parquet" else "tabular-data-resource",
            "path": self.path.name,
            "title": self.table.title,
            "description": self.table.description,
            "format": self.form,
            "mediatype": _MEDIA[self.form],
            "encoding": "utf-8",
            "bytes": len(data),
            "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "schema": _schema(self.table),
            "suppressed": self.table.suppressed,
        }


def package(name: str, release: Release, resources: Sequence[Resource]) -> dict[str, Any]:
    """The package's descriptor.

    Args:
        name: the week, or :data:`paths.HISTORY`.
        release: the newest in it.
        resources: its files.
    """
    method = release.method
    return {
        "profile": "data-package",
        "name": f"dropsonde-{name.lower()}",
        "title": f"Dropsonde: which public Puppet modules are used ({name})",
        "description": (
            "Distinct sites a group, as they reported of their own accord. A group of fewer than "
            f"{method.k} sites is not in it. method.html says what was done to the numbers."
        ),
        "created": f"{release.made:%Y-%m-%dT%H:%M:%SZ}",
        "licenses": [{"name": paths.LICENCE, "path": paths.LICENCE_URL}],
        "keywords": ["puppet", "openvox", "telemetry"],
        # Properties beyond the specification.
        "week": release.week,
        "release": release.number,
        "sites": release.sites,
        "updateFrequency": "weekly",
        "method": {
            "k": method.k,
            "contributions": dict(method.contributions),
            "epsilon": method.epsilon,
            "delta": method.delta,
            "yearEpsilon": method.year_epsilon,
            "yearDelta": method.year_delta,
            "precision": Numbers(release).precision,
        },
        "resources": [each.describe() for each in resources],
    }


def _schema(table: Table) -> dict[str, Any]:
    keys = [field.name for field in table.fields if field.role is Role.KEY]
    return {
        "fields": [
            {
                "name": field.name,
                "type": _TYPES[field.type],
                "description": field.description,
                "role": field.role.value,
            }
            for field in table.fields
        ],
        "missingValues": [""],
        # Not a primary key: a part of it may be null.
        "uniqueKeys": [keys],
    }
