"""A site on Debian's Puppet Server: its own modules, a PuppetDB, dropsonde's package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.real.fill import ENVIRONMENTS
from tests.real.puppetserver import CONF_D, USER, take_over

if TYPE_CHECKING:
    from tests.real.puppetdb import RealPuppetDB
    from tests.real.server_machine import Machine

CODE = "etc/puppet/code/environments"
STATE = "var/lib/puppetserver/dropsonde"
TELEMETRY = "etc/telemetry.yaml"
PRIVATE_MODULES = ("acme_base", "role", "profile")
# None of these may leave. ("staging" is also the name of a public module.)
PRIVATE_WORDS = ("acme", "hardening", "production", "development", "example", "localhost")


def lay_out(machine: Machine, puppetdb: RealPuppetDB) -> None:
    """Make the machine a Puppet Server with a site whose nodes are in PuppetDB."""
    take_over(machine, puppetdb.authority)
    (machine.root / "etc/puppet/puppetdb.conf").write_text(
        f"[main]\nserver_urls = {puppetdb.url}\n"
    )
    for environment in ENVIRONMENTS:
        home = machine.root / CODE / environment
        for name in PRIVATE_MODULES:
            (home / "modules" / name / "manifests").mkdir(parents=True)
            (home / "modules" / name / "metadata.json").write_text(_metadata(f"acme-{name}"))
        manifest = home / "modules/acme_base/manifests/init.pp"
        manifest.write_text("class acme_base { notice('compiled for acme') }\n")
        (home / "manifests").mkdir()
        (home / "manifests/site.pp").write_text("node default { include acme_base, ntp }\n")


def _metadata(name: str) -> str:
    """Make the metadata that Puppet Server requires of a module."""
    stated = dict.fromkeys(("author", "license", "source", "summary"), "acme")
    return json.dumps({"name": name, "version": "1.0.0", "dependencies": [], **stated})


def opt_in(machine: Machine, stanza: str | None) -> None:
    """Reset conf.d to the package's, with these settings in a separate file."""
    file = machine.root / CONF_D / "dropsonde.conf"
    file.unlink(missing_ok=True)
    if stanza is not None:
        file.write_text(f"dropsonde: {{ {stanza} }}\n")


def telemetry(machine: Machine, **settings: object) -> None:
    """Write telemetry.yaml as the Puppet module does: with symbols, for root and Puppet Server."""
    lines = (f":{name}: {json.dumps(value)}" for name, value in settings.items())
    (machine.root / TELEMETRY).write_text("\n".join(["---", *lines, ""]))
    machine.do("chown", f"root:{USER}", f"/{TELEMETRY}")
    machine.do("chmod", "0640", f"/{TELEMETRY}")


def install(machine: Machine, package: Path) -> str:
    """Install dropsonde's package, and return the output."""
    shutil.copy(package, machine.root / "run")
    return machine.do("dpkg", "--install", f"/run/{package.name}")
