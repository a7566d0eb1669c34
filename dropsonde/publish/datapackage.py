"""A directory of the dataset as a Frictionless Data Package (version 1 of its specification)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, Field, Role
from dropsonde.publish import dataset_log, paths
from dropsonde.publish.method import method
from dropsonde.publish.numbers import Numbers
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table
    from dropsonde.publish.digests import Digests

_TYPES = {Type.STRING: "string", Type.INTEGER: "integer", Type.FLOAT: "number"}
_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
_CELLS = (
    Field(
        "name",
        Type.STRING,
        Role.KEY,
        f"The table; table.column for a sum; {ALL} for the number of all sites that reported.",
    ),
    Field("keys", Type.STRING, Role.KEY, "The group's keys, as a list in JSON."),
    Field("parts", Type.INTEGER, Role.WEEK, f"The number with its noise, in {LATTICE}ths."),
    Field("scale", Type.FLOAT, Role.ERROR, "The standard deviation of that noise, in whole units."),
)


@dataclass(frozen=True)
class Resource:
    """A file of a package.

    Attributes:
        name: in the package.
        title: a few words.
        description: what it holds.
        form: one of :data:`paths.FORMS`.
        path: of the file.
        fields: its columns.
    """

    name: str
    title: str
    description: str
    form: str
    path: Path
    fields: tuple[Field, ...]

    def describe(self, digest: str) -> dict[str, Any]:
        """The resource's descriptor; the digest is the file's SHA-256."""
        is_table = self.form == "csv"  # the form that ``frictionless`` takes apart
        return {
            "name": self.name,
            "type": "table" if is_table else "file",
            "profile": "tabular-data-resource" if is_table else "data-resource",
            "path": self.path.name,
            "title": self.title,
            "description": self.description,
            "format": self.form,
            "mediatype": _MEDIA[self.form],
            "encoding": "utf-8",
            **({"compression": "gz"} if is_table else {}),
            "bytes": self.path.stat().st_size,
            "hash": f"sha256:{digest}",
            "schema": _schema(self.fields),
        }


def of_table(table: Table, form: str, path: Path) -> Resource:
    """A table's file."""
    name = f"{table.name}-{form}"
    return Resource(name, table.title, table.description, form, path, table.fields)


def of_cells(path: Path) -> Resource:
    """A week's cells."""
    about = (
        "Every group that was counted in the week, with its noise, shown in a table or not. Any "
        "mean of weeks can be made of these."
    )
    return Resource("noisy-cells", "All noisy numbers", about, "parquet", path, _CELLS)


def describe(
    directory: Path, release: Release, resources: Sequence[Resource], digests: Digests
) -> None:
    """Write the descriptor of a week's directory, or of the history's.

    Args:
        directory: which has the files.
        release: the newest in it.
        resources: its files.
        digests: gets those of the files.
    """
    about = _package(directory.name, release, resources, digests)
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (directory / "datapackage.json").write_text(f"{text}\n", encoding="utf-8")


def _package(
    name: str, release: Release, resources: Sequence[Resource], digests: Digests
) -> dict[str, Any]:
    made = release.method
    return {
        "profile": "data-package",
        "name": f"dropsonde-{name.lower()}",
        "version": dataset_log.version(),
        "title": f"Dropsonde: which public Puppet modules are used ({name})",
        "description": (
            "Distinct sites a group, as they reported of their own accord, with noise: the mean of "
            f"up to {made.weeks} weeks, of groups whose mean is at least {made.k} and stands out "
            "of the noise. method.html says how it is made."
        ),
        "created": f"{release.made:%Y-%m-%dT%H:%M:%SZ}",
        "licenses": [{"name": paths.LICENCE, "path": paths.LICENCE_URL}],
        "keywords": ["puppet", "openvox", "telemetry"],
        # Properties beyond the specification.
        "week": release.week,
        "sites": release.sites,
        "updateFrequency": "weekly",
        "method": {
            "k": made.k,
            **{_camel(name): value for name, value in method(release).items()},
            "precision": Numbers(release).precision,
        },
        "resources": [each.describe(digests[each.path]) for each in resources],
    }


def _camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def _schema(fields: Sequence[Field]) -> dict[str, Any]:
    keys = [field.name for field in fields if field.role is Role.KEY]
    return {
        "fields": [
            {
                "name": field.name,
                "type": _TYPES[field.type],
                "description": field.description,
                "role": field.role.value,
            }
            for field in fields
        ],
        "missingValues": [""],
        # Not a primary key: a part of it may be null.
        "uniqueKeys": [keys],
    }
