"""``preview`` on a real PuppetDB of several sizes."""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.site.puppetdb import queries
from ext.benchmark.bare import cat, curl, shell, sizes
from ext.benchmark.copied import fill_many
from ext.benchmark.measure import DROPSONDE, HERE, Case, run
from tests.real.fill import ENVIRONMENTS
from tests.real.packages import missing
from tests.real.puppetdb import real_puppetdb

if TYPE_CHECKING:
    from tests.real.puppetdb import RealPuppetDB

PACKAGED = Path("/usr/share/puppet/modules")
ARGUMENTS = ("preview", "--format", "json", "--no-update")
MANY = 20_000  # nodes
MOST, MOST_OF_MANY = 1.6, 1.3
WARMING = 10  # rounds of queries: Java compiles what runs often, as in a busy server


def cases(scratch: Path, nodes: Sequence[int]) -> Iterator[Case]:
    """Yield one case for each number of nodes, each on its own server."""
    if os.geteuid() != 0 or shutil.which("dpkg-query") is None or missing():
        print(
            "preview: needs root on Debian and what `python -m tests.real.packages` installs: "
            "left out",
            file=sys.stderr,
        )
        return
    for count in nodes:
        with real_puppetdb() as server:
            print(f"filling PuppetDB with {count:,} nodes", file=sys.stderr)
            fill_many(server, count)
            yield _case(count, server, scratch / f"site{count}")


def _case(count: int, server: RealPuppetDB, site: Path) -> Case:
    _lay_out(site, server)
    environ, scratch = {"PUPPET_CONFDIR": str(site)}, site.parent
    host = server.authority
    urls = [f"{server.url}/pdb/query/v4?{text}" for text in _queries(server)]
    command = curl(
        urls,
        site / "curl.conf",
        options=(
            f'cacert = "{host.certificate}"',
            f'cert = "{host.client.certificate}"',
            f'key = "{host.client.key}"',
        ),
    )
    for _ in range(WARMING):
        run(shell(command), {}, scratch)
    packed, plain = sizes(command, scratch)
    files = opened(site / "opened", environ, scratch)
    return Case(
        f"preview, {count:,} nodes x 100 classes",
        (DROPSONDE, *ARGUMENTS),
        shell(command, cat(files)),
        environ,
        most=MOST if count < MANY else MOST_OF_MANY,
        note=f"{len(urls)} answers: {packed:,} bytes, {plain:,} unpacked; {read(files)}",
        nodes=count,
    )


def opened(into: Path, environ: dict[str, str], scratch: Path, *options: str) -> Path:
    """List the files of a site that preview reads."""
    script = str(HERE / "opened.py")
    run(
        (sys.executable, script, str(into), *ARGUMENTS, *options),
        environ,
        scratch,
    )
    return into


def read(listing: Path) -> str:
    """The number and total size of the files in a listing."""
    names = listing.read_text().split("\0")[:-1]
    return f"{len(names):,} files, {sum(Path(n).stat().st_size for n in names) / 1e6:.1f} MB"


def _queries(server: RealPuppetDB) -> list[str]:
    """The queries of preview to this PuppetDB, encoded for a URL."""
    families = urlencode({"query": json.dumps(queries.families())})
    url = f"http://127.0.0.1:{server.plain_port}/pdb/query/v4?{families}"
    with urllib.request.urlopen(url) as answer:
        rows = json.load(answer)
    found = {row[queries.FAMILY] or row[queries.LEGACY_FAMILY] for row in rows}
    by_family = [queries.classes_of_family(family) for family in sorted(found & OS_FAMILIES)]
    of_nodes = (queries.families(), queries.systems(), queries.agents())
    asked = (queries.classes(), *of_nodes, *by_family)
    return [urlencode({"query": json.dumps(query)}) for query in asked]


def _lay_out(site: Path, server: RealPuppetDB) -> None:
    """Lay out a server with the packaged modules and a few private ones in each environment."""
    host = server.authority
    slugs = [json.loads(file.read_text())["name"] for file in PACKAGED.glob("*/metadata.json")]
    for environment in ENVIRONMENTS:
        for name in ("acme_base", "role", "profile"):
            module = site / "environments" / environment / "modules" / name
            module.mkdir(parents=True)
            (module / "metadata.json").write_text(json.dumps({"name": f"acme-{name}"}))
    listed = {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "modules": sorted(slug.replace("/", "-") for slug in slugs),
    }
    (site / "var/dropsonde").mkdir(parents=True)
    (site / "var/dropsonde/forge.json").write_text(json.dumps(listed))
    (site / "puppetdb.conf").write_text(f"[main]\nserver_urls = {server.url}\n")
    (site / "puppet.conf").write_text(
        f"[main]\ncertname = host.example.test\n[server]\n"
        f"codedir = {site}\nvardir = {site}/var\nbasemodulepath = {PACKAGED}\n"
        f"localcacert = {host.certificate}\n"
        f"hostcert = {host.client.certificate}\nhostprivkey = {host.client.key}\n"
    )
