"""Metric: the platforms on which public classes are used.

Safe to collect: classes are public as in the modules metric; a platform is one of the families that
Facter itself knows, so that a custom fact never leaves the site.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, examples, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class Platforms(Metric):
    """Classes by operating system family."""

    name = "platforms"
    description = "Which families of operating systems public classes are used on."
    columns = (
        records(
            "class_platforms",
            "Public classes by the operating system family of the nodes that declare them.",
            text("name", Domain.CLASS_NAME, "The class's name, in lower case."),
            text("platform", Domain.OS_FAMILY, "The family, as in the fact os.family."),
            integer("count", "How many nodes of that family declare the class."),
        ),
    )
    asks = ("platforms",)

    def gather(self, context: Context) -> dict[str, Any]:
        """Return each class and family once."""
        if context.platforms is None:
            return {}
        return {
            "class_platforms": [
                {"name": name, "platform": family, "count": count}
                for (name, family), count in context.platforms.items()
            ]
        }

    def example(self, rng: Random) -> dict[str, Any]:
        """Return classes spread over two families."""
        families = rng.sample(("RedHat", "Debian", "Suse", "windows", "Solaris"), 2)
        classes = examples.classes(rng, examples.modules(rng))
        return {
            "class_platforms": [
                {"name": name, "platform": rng.choice(families), "count": count}
                for name, count in classes.items()
            ]
        }
