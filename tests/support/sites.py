"""Small sites on disk, and a PuppetDB's answers about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.protocol.vocabulary import Release
from dropsonde.settings.options import PUBLISHED
from dropsonde.site.checksums import Checksums
from dropsonde.site.context import Context
from dropsonde.site.inventory import Inventory
from dropsonde.site.provenance import Evidence
from dropsonde.site.puppet.environments import Environment
from dropsonde.site.puppetdb import ClassCount, FactCount
from dropsonde.site.vocabulary.known import Known

if TYPE_CHECKING:
    from dropsonde.common.errors import PuppetDBError
    from dropsonde.site.puppetdb import PuppetDB
    from dropsonde.site.server import Server

SLUGS = frozenset({"puppetlabs-ntp", "puppetlabs-apache", "puppetlabs-stdlib", "saz-memcached"})
NTP = {"init": "class ntp {}", "config": "class ntp::config {}"}


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def put_module(
    path: Path,
    slug: str = "puppetlabs-ntp",
    manifests: Mapping[str, str] = NTP,
    *,
    version: object = "1.0.0",
    checksums: bool = True,
    dependencies: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Unpack a module as the Forge publishes it; or, without checksums, as git does."""
    wanted = [{"name": name, "version_requirement": text} for name, text in dependencies]
    metadata = {"name": slug, "version": version, "dependencies": wanted}
    put(path / "metadata.json", json.dumps(metadata))
    for name, text in manifests.items():
        put(path / f"manifests/{name}.pp", text)
    if checksums:
        sums = {f"manifests/{name}.pp": md5(text) for name, text in manifests.items()}
        put(path / "checksums.json", json.dumps({"metadata.json": "0", **sums}))
    return path


def release(slug: str, version: str, classes: Iterable[str] | None) -> Release:
    """A release that the Forge published; without classes, one that was not read."""
    names = None if classes is None else frozenset(classes)
    return Release(slug, "2025-01-01T00:00:00Z", version, names)


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@dataclass
class Answers:
    """A PuppetDB's answers: (title, environment, nodes), in total and by family; or its fault.

    Systems and agents are the values of two facts each, and the number of nodes.
    """

    rows: tuple[tuple[str, str | None, int], ...] = ()
    by_family: Mapping[str | None, tuple[tuple[str, str | None, int], ...]] = field(
        default_factory=dict
    )
    fault: PuppetDBError | None = None
    system_rows: tuple[tuple[object, object, int], ...] = ()
    agent_rows: tuple[tuple[object, object, int], ...] = ()

    def classes(self) -> list[ClassCount]:
        return self._counts(self.rows)

    def families(self) -> list[tuple[str | None, int]]:
        self._counts(())
        return [(family, 1) for family in self.by_family]

    def classes_of_family(self, family: str) -> list[ClassCount]:
        return self._counts(self.by_family[family])

    def systems(self) -> list[FactCount]:
        self._counts(())
        return [FactCount(*row) for row in self.system_rows]

    def agents(self) -> list[FactCount]:
        self._counts(())
        return [FactCount(*row) for row in self.agent_rows]

    def _counts(self, rows: tuple[tuple[str, str | None, int], ...]) -> list[ClassCount]:
        if self.fault is not None:
            raise self.fault
        return [ClassCount(*row) for row in rows]


def inventory_of(
    root: Path, evidence: str = PUBLISHED, releases: Iterable[Release] = ()
) -> Inventory:
    """Inventory all below `root`: one directory per environment, its modules in `modules`."""
    environments = tuple(
        Environment(path.name, path, (path / "modules",))
        for path in sorted(root.iterdir())
        if path.name not in {"dpkg", "packaged"}
    )
    made = Evidence(evidence, Known(releases), Checksums(root / "dpkg"))
    return Inventory(environments, SLUGS, lambda _: made)


def context_of(
    root: Path,
    answers: Answers | None = None,
    evidence: str = PUBLISHED,
    releases: Iterable[Release] = (),
    server: Server | None = None,
) -> Context:
    answering: Any = answers
    puppetdb: PuppetDB | None = answering
    return Context(inventory_of(root, evidence, releases), SLUGS, puppetdb, lambda: server)
