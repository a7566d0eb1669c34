"""Metric: the public modules that private modules depend on.

Safe to collect: the depended-on module is on the Forge's list, and the range has a plain form.
The names and the number of the dependent private modules never leave the site.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, Mode, examples, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class Dependencies(Metric):
    """Dependencies of private modules on public ones."""

    name = "dependencies"
    description = (
        "Public modules that this site's own modules build on; the site's modules are not named."
    )
    columns = (
        records(
            "dependencies",
            "Public modules that private modules depend on.",
            text("name", Domain.FORGE_SLUG, "The public module's author and name on the Forge."),
            text(
                "version_requirement",
                Domain.VERSION_REQUIREMENT,
                "The range of releases asked for; empty where it is no plain one.",
                Mode.NULLABLE,
            ),
        ),
    )

    def gather(self, context: Context) -> dict[str, Any]:
        """Return each public module and range once."""
        return {
            "dependencies": [
                {"name": slug, "version_requirement": wanted}
                for slug, wanted in context.requirements
            ]
        }

    def example(self, rng: Random) -> dict[str, Any]:
        """Return a few of the popular modules."""
        chosen = examples.modules(rng)[: rng.randrange(6)]
        return {
            "dependencies": [
                {
                    "name": row["slug"],
                    "version_requirement": rng.choice(
                        (f">= {row['version']} < 99.0.0", "4.x", None)
                    ),
                }
                for row in chosen
            ]
        }
