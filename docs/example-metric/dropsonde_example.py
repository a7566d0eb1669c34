"""Count the public classes of each public module on this server.

Safe to collect: the names are those of public modules, and the numbers are of published classes.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class ModuleSizes(Metric):
    """The number of classes of each module."""

    name = "module_sizes"
    description = "How many public classes each installed public module has."
    columns = (
        records(
            "module_sizes",
            "Installed public modules by their number of public classes.",
            text("name", Domain.MODULE_NAME, "The module's name."),
            integer("class_count", "How many public classes it has."),
        ),
    )

    def gather(self, context: Context) -> dict[str, Any]:
        """Count the classes below each module's name."""
        counts = Counter(name.partition("::")[0] for name in context.classes)
        return {
            "module_sizes": [
                {"name": name, "class_count": counts[name]}
                for name in sorted({module.name for module in context.modules})
            ]
        }

    def example(self, rng: Random) -> dict[str, Any]:
        """Make up a few modules with some classes."""
        names = rng.sample(("apache", "concat", "ntp", "stdlib"), rng.randint(0, 4))
        return {
            "module_sizes": [{"name": name, "class_count": rng.randint(0, 90)} for name in names]
        }
