"""Metric: which Puppet this server and the nodes' agents run.

Safe to collect: an implementation is one of three words, a version two small numbers, an operating
system one that Facter names, and a release one of the numbers that systems have. A site's own fact
in their place never leaves the site. Counts are numbers of nodes.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, Mode, examples, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class Servers(Metric):
    """The Puppet of servers and agents."""

    name = "servers"
    description = (
        "Whether this server runs Puppet, OpenVox or Puppet Enterprise, its version and its "
        "operating system, and which versions the agents of its nodes have."
    )
    columns = (
        records(
            "servers",
            "This Puppet Server: one row, or none where this host has no server.",
            text(
                "implementation",
                Domain.IMPLEMENTATION,
                "Whose server it is; empty where its files do not tell.",
                Mode.NULLABLE,
            ),
            text(
                "version",
                Domain.MINOR_VERSION,
                "Its version, major and minor; empty where its files do not tell.",
                Mode.NULLABLE,
            ),
            text(
                "os",
                Domain.OS_NAME,
                "Its operating system, as in the fact os.name; empty where Facter names no such.",
                Mode.NULLABLE,
            ),
            text(
                "release",
                Domain.OS_RELEASE,
                "The system's major release; empty where it has none.",
                Mode.NULLABLE,
            ),
        ),
        records(
            "agents",
            "The agents of the nodes, by version.",
            text(
                "implementation",
                Domain.IMPLEMENTATION,
                "Whose agent it is; empty for versions of both that do not tell.",
                Mode.NULLABLE,
            ),
            text("version", Domain.MINOR_VERSION, "The agent's version, major and minor."),
            integer("count", "How many nodes have such an agent."),
        ),
    )
    asks = ("agents",)

    def gather(self, context: Context) -> dict[str, Any]:
        """Return this server and, where PuppetDB answers, the agents' versions."""
        values: dict[str, Any] = {"servers": [context.server._asdict()] if context.server else []}
        if context.agents is not None:
            values["agents"] = [
                {"implementation": implementation, "version": version, "count": count}
                for (implementation, version), count in context.agents.items()
            ]
        return values

    def example(self, rng: Random) -> dict[str, Any]:
        """Return a server, and agents of its version and of older ones."""
        implementation = rng.choice(("openvox", "openvox", "puppet", "pe"))
        major = rng.choice((7, 8, 8, 8))
        minor = rng.randrange(1, 12)
        name, release = examples.system(rng)
        versions = {f"{major}.{max(0, minor - back)}" for back in range(rng.randrange(1, 4))}
        agents = "openvox" if implementation == "openvox" else "puppet"
        return {
            "servers": [
                {
                    "implementation": implementation,
                    "version": f"{major}.{minor}",
                    "os": name,
                    "release": release,
                }
            ],
            "agents": [
                {
                    "implementation": agents,
                    "version": version,
                    "count": 1 + int(rng.expovariate(1 / 40)),
                }
                for version in sorted(versions)
            ],
        }
