"""Facts and catalogs for a real PuppetDB, and the answers that it must then give.

A seed determines everything. This module counts the expectation itself, in Python, from what it
sends, without PuppetDB's own counting.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tests.real.commands import CommandClient, catalog_body, facts_body, now
from tests.real.processes import RigError
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.real.puppetdb import RealPuppetDB

ENVIRONMENTS = ("production", "staging", "development")
# A node's facts, (os.family, the legacy osfamily) → their weight.
FAMILIES: dict[tuple[str | None, str | None], int] = {
    ("Debian", "Debian"): 30,
    ("RedHat", "RedHat"): 30,
    ("RedHat", None): 20,  # Puppet 8 and OpenVox send no legacy facts
    ("Suse", "Suse"): 5,
    ("windows", None): 4,
    (None, "Debian"): 4,  # an old agent
    ("Debian", "RedHat"): 3,  # a custom fact says otherwise: os.family counts
    ("A\"c'm\\e", None): 2,  # a custom fact can hold anything
    (None, None): 2,
}
# A node's facts of its system and of its agent → their weight.
SYSTEMS: dict[tuple[object, object], int] = {
    ("Debian", "12"): 20,
    ("RedHat", "8"): 20,
    ("RedHat", "9"): 10,
    ("RedHat", 9): 2,  # a number, from a fact of a site's own
    ("Ubuntu", "22.04"): 10,
    ("windows", "2012 R2"): 3,
    ("Debian", None): 2,
    ("Debian", "trixie/sid"): 2,
    ("A\"c'm\\e", "4711"): 2,
    (7, ("acme", 1)): 1,
    (None, None): 2,
}
AGENTS: dict[tuple[object, object], int] = {
    ("8.10.0", None): 20,
    ("8.21.1", "openvox"): 10,
    ("7.34.0", None): 5,
    ("7.34.0-acme", "Acme's"): 2,
    ("8.14.0", None): 5,  # Puppet's or OpenVox's
    ("acme", None): 1,
    (None, None): 1,
}
PRIVATE = (
    "Acme_base",
    "Acme_base::Hardening",
    "Role::Acme_shop",
    "Profile::Acme_shop::Database",
    "Ntp::Acme_clock",  # a private class below a public module's name
    "Memcached::Acme_patch",
)
OF_EVERY_CATALOG = ("main", "Settings")  # Puppet's own, which are not counted
THREADS = 4
PER_ROLE = 25  # nodes that share their classes
INACTIVE_IN = 20  # one of this many nodes is deactivated
PUBLIC_IN_PRIVATE = 10  # one of this many classes is private, as on a real site
DRAIN_SECONDS_A_NODE = 0.2
Kind = TypeVar("Kind")


@dataclass
class Expectation:
    """What PuppetDB must answer about the active nodes.

    Attributes:
        nodes: how many are active.
        inactive: how many were deactivated.
        classes: nodes by (title, environment); without the classes of every catalog.
        families: nodes by platform: os.family, else osfamily; None if a node has neither.
        classes_of_family: for each platform, nodes by (title, environment).
        systems: nodes by the values of os.name and os.release.major, in JSON.
        agents: nodes by the values of clientversion and implementation, in JSON.
    """

    nodes: int = 0
    inactive: int = 0
    classes: Counter[tuple[str, str]] = field(default_factory=Counter)
    families: Counter[str | None] = field(default_factory=Counter)
    classes_of_family: dict[str | None, Counter[tuple[str, str]]] = field(default_factory=dict)
    systems: Counter[str] = field(default_factory=Counter)
    agents: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Node:
    certname: str
    environment: str
    facts: tuple[str | None, str | None]
    system: tuple[object, object]
    agent: tuple[object, object]
    role: int
    active: bool


def packaged_classes(modules: Path = Path("/usr/share/puppet/modules")) -> tuple[str, ...]:
    """Titles of classes that the packaged modules define, one per manifest, sorted."""
    header = re.compile(r"^class ([a-z][a-z0-9_:]*)", re.MULTILINE)
    names = set()
    for manifest in modules.glob("*/manifests/**/*.pp"):
        if found := header.search(manifest.read_text(errors="replace")):
            names.add(title_of(found[1]))
    return tuple(sorted(names))


def title_of(name: str) -> str:
    """Return a class's title as in a catalog: ``ntp::config`` is ``Ntp::Config``."""
    return "::".join(segment.capitalize() for segment in name.split("::"))


def fill(
    puppetdb: RealPuppetDB,
    *,
    public: Sequence[str],
    private: Sequence[str] = PRIVATE,
    nodes: int = 300,
    classes: int = 100,
    environments: Sequence[str] = ENVIRONMENTS,
    seed: int = 0,
) -> Expectation:
    """Fill an empty PuppetDB and wait until it has stored everything.

    Args:
        puppetdb: an empty one.
        public: titles of public classes, as catalogs have them.
        private: titles of the site's own.
        nodes: how many, including the deactivated ones.
        classes: how many each node has (fewer if there are fewer titles).
        environments: their names; each node has one.
        seed: the same seed gives the same content.
    """
    rng = random.Random(seed)
    roles = [
        _role(rng, public=public, private=private, classes=classes)
        for _ in range(max(1, nodes // PER_ROLE))
    ]
    made = list(_nodes(rng, nodes, len(roles), environments))
    shares = [made[index::THREADS] for index in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda share: _send(puppetdb.plain_port, share, roles), shares))
    _settle(puppetdb.plain_port, made)
    return _expect(made, roles)


def _role(
    rng: random.Random, *, public: Sequence[str], private: Sequence[str], classes: int
) -> tuple[str, ...]:
    ours = rng.sample(private, min(len(private), -(-classes // PUBLIC_IN_PRIVATE)))
    theirs = rng.sample(public, min(len(public), max(0, classes - len(ours) - 2)))
    return (*OF_EVERY_CATALOG, *ours, *theirs)


def _nodes(
    rng: random.Random, count: int, roles: int, environments: Sequence[str]
) -> Iterator[_Node]:
    # So that more facts leave all else as it was.
    apart = random.Random(count)
    for index in range(count):
        yield _Node(
            certname=f"node{index:06}.example.test",
            environment=rng.choice(environments),
            facts=_kind(rng, FAMILIES, index),
            system=_kind(apart, SYSTEMS, index),
            agent=_kind(apart, AGENTS, index),
            role=rng.randrange(roles),
            active=index % INACTIVE_IN != INACTIVE_IN - 1,
        )


def _kind(rng: random.Random, kinds: Mapping[Kind, int], index: int) -> Kind:
    """Choose by weight; the first nodes have one kind each, so even a small site has all kinds."""
    names = list(kinds)
    return names[index] if index < len(names) else rng.choices(names, list(kinds.values()))[0]


def system_facts(name: object, release: object) -> dict[str, object]:
    """What of the fact ``os`` names a system; None leaves it out."""
    facts = {"name": name, "release": release and {"major": release, "full": f"{release}.1"}}
    return {name: value for name, value in facts.items() if value is not None}


def agent_facts(version: object, implementation: object) -> dict[str, object]:
    """The facts that an agent adds about itself; None leaves one out."""
    facts = {"clientversion": version, "implementation": implementation}
    return {name: value for name, value in facts.items() if value is not None}


def _send(port: int, nodes: Sequence[_Node], roles: Sequence[tuple[str, ...]]) -> None:
    sent_at = now()
    with contextlib.closing(CommandClient(port)) as client:
        for node in nodes:
            about = (node.certname, node.environment, sent_at)
            family, legacy = node.facts
            facts = facts_body(
                *about,
                family=family,
                legacy=legacy,
                system=system_facts(*node.system),
                agent=agent_facts(*node.agent),
            )
            client.send("replace_facts", 5, node.certname, facts)
            catalog = catalog_body(*about, roles[node.role])
            client.send("replace_catalog", 9, node.certname, catalog)


def _settle(port: int, nodes: Sequence[_Node]) -> None:
    """Wait for all nodes, then deactivate some with a separate command."""
    until = time.monotonic() + PATIENCE + DRAIN_SECONDS_A_NODE * len(nodes)
    with contextlib.closing(CommandClient(port)) as client:
        taken = ["null?", "facts_timestamp", False], ["null?", "catalog_timestamp", False]
        _wait(client, ["and", ["=", "node_state", "any"], *taken], len(nodes), until)
        inactive = [node for node in nodes if not node.active]
        for node in inactive:
            client.deactivate(node.certname)
        _wait(client, ["=", "node_state", "inactive"], len(inactive), until)


def _wait(client: CommandClient, condition: list[object], count: int, until: float) -> None:
    while (found := client.count_nodes(condition)) != count:
        if time.monotonic() > until:
            raise RigError(f"PuppetDB has taken {found} nodes of {count}; see its log")
        time.sleep(0.2)


def _expect(nodes: Sequence[_Node], roles: Sequence[tuple[str, ...]]) -> Expectation:
    expected = Expectation()
    groups: Counter[tuple[int, str, str | None]] = Counter()
    for node in nodes:
        if not node.active:
            expected.inactive += 1
            continue
        modern, legacy = node.facts
        family = legacy if modern is None else modern
        expected.nodes += 1
        expected.families[family] += 1
        expected.systems[json.dumps(node.system)] += 1
        expected.agents[json.dumps(node.agent)] += 1
        groups[node.role, node.environment, family] += 1
    for (role, environment, family), count in groups.items():
        of_family = expected.classes_of_family.setdefault(family, Counter())
        for title in roles[role][len(OF_EVERY_CATALOG) :]:
            expected.classes[title, environment] += count
            of_family[title, environment] += count
    return expected
