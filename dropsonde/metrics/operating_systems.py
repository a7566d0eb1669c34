"""Metric: the operating systems of the nodes, and their major releases.

Safe to collect: a system is one that Facter itself names, and a release one of the numbers that
such systems have, so that a custom fact never leaves the site. Counts are numbers of nodes.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, Mode, examples, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class OperatingSystems(Metric):
    """Nodes by operating system."""

    name = "operating_systems"
    description = "Which operating systems nodes have, by major release."
    columns = (
        records(
            "operating_systems",
            "The operating systems of the nodes, by major release.",
            text("name", Domain.OS_NAME, "The system, as in the fact os.name."),
            text(
                "release",
                Domain.OS_RELEASE,
                "Its release, as in the fact os.release.major; empty where it has none.",
                Mode.NULLABLE,
            ),
            integer("count", "How many nodes have this release."),
        ),
    )
    asks = ("systems",)

    def gather(self, context: Context) -> dict[str, Any]:
        """Return each system and release once."""
        if context.systems is None:
            return {}
        return {
            "operating_systems": [
                {"name": name, "release": release, "count": count}
                for (name, release), count in context.systems.items()
            ]
        }

    def example(self, rng: Random) -> dict[str, Any]:
        """Return a few systems, the popular ones more often."""
        found = {examples.system(rng) for _ in range(rng.randrange(1, 5))}
        return {
            "operating_systems": [
                {"name": name, "release": release, "count": 1 + int(rng.expovariate(1 / 30))}
                for name, release in sorted(found)
            ]
        }
