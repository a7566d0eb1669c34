"""A site with Debian's packaged modules in three environments, and its nodes in a PuppetDB."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.real.fill import ENVIRONMENTS

if TYPE_CHECKING:
    from tests.real.puppetdb import RealPuppetDB

PACKAGED = Path("/usr/share/puppet/modules")


@cache
def packaged_slugs() -> dict[str, str]:
    """The packaged modules with names as on the Forge: directory → slug."""
    slugs = {}
    for file in PACKAGED.glob("*/metadata.json"):
        metadata = json.loads(file.read_text())
        slug = metadata["name"].replace("/", "-")
        plain = re.fullmatch(r"\d+\.\d+\.\d+(-(rc|alpha|beta)\.?\d*)?", metadata["version"])
        if slug.partition("-")[2] == file.parent.name and plain:
            slugs[file.parent.name] = slug
    return slugs


def lay_out(home: Path, puppetdb: RealPuppetDB) -> None:
    """Lay out a server with three environments; in staging, ntp is changed, memcached private."""
    host = puppetdb.authority
    (home / "puppet.conf").write_text(
        f"[main]\ncertname = acme-puppet.example\n[server]\n"
        f"codedir = {home}\nvardir = {home}/var\n"
        f"basemodulepath = {PACKAGED}\nlocalcacert = {host.certificate}\n"
        f"hostcert = {host.client.certificate}\nhostprivkey = {host.client.key}\n"
    )
    (home / "puppetdb.conf").write_text(f"[main]\nserver_urls = {puppetdb.url}\n")
    for environment in ENVIRONMENTS:
        modules = home / "environments" / environment / "modules"
        for name in ("acme_base", "role", "profile"):
            _module(modules / name, f"acme-{name}", [("puppetlabs/apache", "1.x")])
    staging = home / "environments/staging/modules"
    _module(staging / "memcached", "acme-memcached", [])
    _module(staging / "ntp", packaged_slugs()["ntp"], [])
    (staging / "ntp/manifests").mkdir()
    for manifest in (PACKAGED / "ntp/manifests").glob("*.pp"):
        (staging / "ntp/manifests" / manifest.name).write_bytes(manifest.read_bytes() + b"# acme\n")
    (home / "var/dropsonde").mkdir(parents=True)
    list_public(home / "var/dropsonde/forge.json", *packaged_slugs().values())


def list_public(file: Path, *slugs: str) -> None:
    """Write a list of public modules, as `dropsonde update` would."""
    listed = {"timestamp": datetime.now(timezone.utc).isoformat(), "modules": sorted(slugs)}
    file.write_text(json.dumps(listed))


def _module(path: Path, slug: str, requires: list[tuple[str, str]]) -> None:
    path.mkdir(parents=True)
    metadata = {
        "name": slug,
        "version": "1.0.0",
        "dependencies": [
            {"name": name, "version_requirement": wanted} for name, wanted in requires
        ],
    }
    (path / "metadata.json").write_text(json.dumps(metadata))
