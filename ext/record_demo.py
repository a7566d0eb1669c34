"""Record PuppetDB's answers for the made-up site of ``preview --demo``.

Starts a real PuppetDB (as root on Debian, with the packages that the tests install), sends it the
nodes below, makes each query that the program makes, and writes the answers into the package:

    python ext/record_demo.py
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dropsonde.site.puppetdb import queries  # noqa: E402  # found by the line above
from tests.real.commands import CommandClient, catalog_body, facts_body, now  # noqa: E402
from tests.real.fill import agent_facts, system_facts  # noqa: E402
from tests.real.puppetdb import real_puppetdb  # noqa: E402

# How many nodes, in which environment, with which os.family and legacy osfamily, os.name and
# os.release.major, agent's version and implementation, and classes.
CLOCK = ("Settings", "Main", "Stdlib", "Ntp", "Ntp::Install", "Ntp::Config", "Acme_profile::Clock")
WEB = (*CLOCK, "Apache", "Apache::Mod::Ssl", "Acme_profile")
CACHE = (*CLOCK, "Memcached", "Memcached::Acme_patch")
NODES = (
    (18, "production", "Debian", "Debian", ("Debian", "11"), ("7.34.0", None), WEB),
    (9, "production", "RedHat", None, ("Rocky", "9"), ("8.23.1", "openvox"), WEB),
    (12, "production", "RedHat", None, ("CentOS", "7"), ("8.10.0", None), CACHE),
    (3, "production", "windows", None, ("windows", "2019"), ("8.10.0", None), CLOCK),
    (2, "production", "AcmeOS", None, ("AcmeOS", "4711"), ("8.10.0-acme", None), CLOCK),
    (
        5,
        "staging",
        "Debian",
        "Debian",
        ("Debian", "12"),
        ("8.23.1", "openvox"),
        (*WEB, "Ntp::Acme_clock"),
    ),
)
FAMILIES = ("Debian", "RedHat", "windows")


def main() -> None:
    total = sum(count for count, *_ in NODES)
    with real_puppetdb() as puppetdb:
        with contextlib.closing(CommandClient(puppetdb.plain_port)) as client:
            for number, (environment, family, legacy, *named, titles) in enumerate(_each()):
                system, agent = system_facts(*named[0]), agent_facts(*named[1])
                about = (f"node{number}.acme.example", environment, now())
                facts = facts_body(*about, family=family, legacy=legacy, system=system, agent=agent)
                client.send("replace_facts", 5, about[0], facts)
                client.send("replace_catalog", 9, about[0], catalog_body(*about, titles))
            facts_in, catalog_in = (
                ["null?", f"{it}_timestamp", False] for it in ("facts", "catalog")
            )
            while client.count_nodes(["and", facts_in, catalog_in]) != total:
                time.sleep(0.2)
        asked = [queries.classes(), queries.families(), queries.systems(), queries.agents()]
        asked += [queries.classes_of_family(family) for family in FAMILIES]
        recorded = [{"query": query, "answer": _ask(puppetdb.plain_port, query)} for query in asked]
    text = ",\n".join(json.dumps(item) for item in recorded)
    (ROOT / "dropsonde/demo/site/puppetdb.json").write_text(f"[\n{text}\n]\n")


def _each() -> Any:
    return (rest for count, *rest in NODES for _ in range(count))


def _ask(port: int, query: list[Any]) -> Any:
    text = urllib.parse.urlencode({"query": json.dumps(query)})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/pdb/query/v4?{text}") as answer:
        rows = json.load(answer)
    return sorted(rows, key=json.dumps)


if __name__ == "__main__":
    main()
