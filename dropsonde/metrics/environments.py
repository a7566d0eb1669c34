"""Metric: the number of environments of a Puppet server.

Safe to collect: one number. The environments' names never leave the site.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Metric, integer

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class Environments(Metric):
    """The number of environments."""

    name = "environments"
    description = "How many environments this server has; no names."
    columns = (integer("environment_count", "The number of environments on this server."),)

    def gather(self, context: Context) -> dict[str, Any]:
        """Return the number."""
        return {"environment_count": context.environment_count}

    def example(self, rng: Random) -> dict[str, Any]:
        """Return a few for most sites, many for some."""
        return {"environment_count": min(400, 1 + int(rng.expovariate(1 / 6)))}
