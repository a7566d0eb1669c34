"""``preview`` on a server with 200 environments of 60 modules: copies, or links to few commits."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from ext.benchmark.bare import cat, curl, shell
from ext.benchmark.measure import DROPSONDE, Case
from ext.benchmark.preview import ARGUMENTS, opened, read
from tests.doubles.puppetdb import LoopbackPuppetDB, Reply

ENVIRONMENTS, MODULES, MANIFESTS = 200, 60, 10
RELEASES = 4  # of a module, over the environments
DECLARED = 5  # classes of a module that nodes of each environment declare
ASKED = 5  # queries of preview if all nodes are of one platform


def cases(scratch: Path) -> Iterator[Case]:
    """Yield the same site without a PuppetDB, and with one that has classes of all environments.

    And the site as it is where environments are links to the few commits that are deployed.
    """
    print(f"laying out {ENVIRONMENTS} environments x {MODULES} modules", file=sys.stderr)
    site = scratch / "environments-site"
    _lay_out(site, ENVIRONMENTS)
    linked = scratch / "linked-site"
    _lay_out(linked, RELEASES)
    for number in range(RELEASES, ENVIRONMENTS):
        (linked / f"environments/branch{number}").symlink_to(f"branch{number % RELEASES}")
    name = f"preview, {ENVIRONMENTS} environments x {MODULES} modules"
    for place, said in ((site, ""), (linked, f", {RELEASES} commits")):
        environ = {"PUPPET_CONFDIR": str(place)}
        files = opened(place / "opened", environ, scratch)
        yield Case(
            f"{name}{said}, no PuppetDB",
            (DROPSONDE, *ARGUMENTS),
            shell(cat(files)),
            environ,
            note=read(files),
        )
    environ = {"PUPPET_CONFDIR": str(site)}
    answer = json.dumps(_rows()).encode()
    with LoopbackPuppetDB(Reply(raw=answer)) as server:
        option = f"--puppetdb={server.url}"
        files = opened(site / "opened-with-rows", environ, scratch, option)
        urls = [f"{server.url}/pdb/query/v4?query=%5B%5D"] * ASKED
        yield Case(
            f"{name}, rows of all",
            (DROPSONDE, *ARGUMENTS, option),
            shell(curl(urls, site / "curl.conf"), cat(files)),
            environ,
            note=f"{ASKED} answers of {len(answer):,} bytes; {read(files)}",
        )


def _rows() -> list[dict[str, object]]:
    """Make rows that answer every query of preview: classes, and also platforms."""
    return [
        {
            "title": _class(module, number).title(),
            "environment": f"branch{environment}",
            "count": 3,
            "facts.os.family": "Debian",
            "facts.osfamily": None,
            "facts.os.name": "Debian",
            "facts.os.release.major": "12",
            "facts.clientversion": "7.34.0",
            "facts.implementation": None,
        }
        for environment in range(ENVIRONMENTS)
        for module in range(MODULES)
        for number in range(DECLARED)
    ]


def _class(module: int, number: int) -> str:
    return f"module{module}::class{number}" if number else f"module{module}"


def _lay_out(site: Path, environments: int) -> None:
    slugs = [f"author{module}-module{module}" for module in range(MODULES)]
    puppetfile = "forge 'https://forge.example'\n\n" + "".join(f"mod '{slug}'\n" for slug in slugs)
    for environment in range(environments):
        here = site / f"environments/branch{environment}"
        for module, slug in enumerate(slugs):
            _module(here / f"modules/module{module}", slug, module, environment % RELEASES)
        (here / "Puppetfile").write_text(puppetfile)
    listed = {"timestamp": "2024-01-01T00:00:00Z", "modules": slugs}
    (site / "var/dropsonde").mkdir(parents=True)
    (site / "var/dropsonde/forge.json").write_text(json.dumps(listed))
    (site / "puppet.conf").write_text(
        f"[main]\ncertname = host.example.test\n[server]\n"
        f"codedir = {site}\nvardir = {site}/var\nbasemodulepath = {site}/modules\n"
    )


def _module(path: Path, slug: str, module: int, release: int) -> None:
    """Write one module as unpacked from a Forge tarball."""
    metadata = {
        "name": slug,
        "version": f"1.{release}.0",
        "dependencies": [{"name": "author0/module0", "version_requirement": ">= 1.0.0 < 2.0.0"}],
    }
    texts = {"metadata.json": json.dumps(metadata)}
    for number in range(MANIFESTS):
        below = f"class{number}" if number else "init"
        texts[f"manifests/{below}.pp"] = _manifest(_class(module, number), release)
    (path / "manifests").mkdir(parents=True)
    for name, text in texts.items():
        (path / name).write_text(text)
    sums = {
        name: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        for name, text in texts.items()
    }
    (path / "checksums.json").write_text(json.dumps(sums, indent=2))


def _manifest(name: str, release: int) -> str:
    """Make a class of some 1.5 KB."""
    settings = range(8)
    documented = "".join(f"# @param setting{n}\n#   What to do about it.\n" for n in settings)
    parameters = "".join(f"  Optional[String[1]] $setting{n} = undef,\n" for n in settings)
    resources = "".join(
        f"  file {{ \"/etc/example/{n}-${{facts['os']['family']}}\":\n"
        f"    content => $setting{n},\n    mode    => '0644',\n  }}\n"
        for n in settings
    )
    return f"# Release {release}.\n#\n{documented}class {name} (\n{parameters}) {{\n{resources}}}\n"
