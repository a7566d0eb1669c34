"""Find modules on a modulepath and read their metadata.json.

The data here is unfiltered: other code decides whether a name may leave the site.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dropsonde.common.files import read_bounded
from dropsonde.site.puppet import ruby_json
from dropsonde.site.puppet.paths import subdirectories

# Names that Puppet accepts for a module's directory (``is_module_directory_name?``, module.rb).
_NAME = re.compile(r"[a-z][a-z0-9_]*")
METADATA = "metadata.json"
MAX_METADATA = 1024 * 1024  # bytes; the largest on the Forge have some 10 KiB


@dataclass(frozen=True)
class Dependency:
    """A module that another one needs, as "author-name", and the required versions."""

    slug: str
    version_requirement: str | None


@dataclass(frozen=True)
class Metadata:
    """The "author-name", version and dependencies in metadata.json; None where it lacks them."""

    slug: str | None
    version: str | None
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True)
class Module:
    """A module and its directory, which has the same name.

    Attributes:
        metadata: None where there is no metadata.json, or an unreadable one.
    """

    name: str
    path: Path
    metadata: Metadata | None

    @property
    def unreadable(self) -> bool:
        """Whether there is a metadata.json that neither we nor Puppet can read."""
        return self.metadata is None and os.path.lexists(self.path / METADATA)


def find_modules(modulepath: Iterable[Path]) -> dict[str, Path]:
    """Find each module's directory; of equal names the first on the modulepath counts."""
    paths: dict[str, Path] = {}
    for directory in modulepath:
        for name in subdirectories(directory):
            if name not in paths and _NAME.fullmatch(name):
                paths[name] = directory / name
    return paths


def read_module(path: Path) -> Module:
    """Read a module and its metadata.json; never raises for the file's content.

    Returns:
        The module; ``metadata`` is None where the file is missing, unreadable, not a regular file,
        larger than 1 MiB or not a JSON object to Ruby. A field of the wrong type is None, and such
        a dependency is left out.
    """
    return Module(path.name, path, _read_metadata(path / METADATA))


def _read_metadata(path: Path) -> Metadata | None:
    data = read_bounded(path, MAX_METADATA)
    try:
        document = ruby_json.loads(data) if data is not None else None
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    listed = document.get("dependencies")
    entries = listed if isinstance(listed, list) else []
    return Metadata(
        slug=_slug(document.get("name")),
        version=_text(document.get("version")),
        dependencies=tuple(found for entry in entries if (found := _dependency(entry))),
    )


def _dependency(entry: Any) -> Dependency | None:
    if not isinstance(entry, dict):
        return None
    slug = _slug(entry.get("name"))
    return Dependency(slug, _text(entry.get("version_requirement"))) if slug else None


def _slug(value: Any) -> str | None:
    text = _text(value)
    return text.replace("/", "-") if text else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
