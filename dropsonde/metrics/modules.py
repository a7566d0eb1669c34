"""Metric: the public modules and classes that are installed, used, and unused.

Safe to collect: every name is on the Forge's list of modules, or is a class that a published
release of such a module defines. Counts are numbers of nodes; private classes are not counted.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, Mode, examples, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context
    from dropsonde.site.provenance import PublicModule

_MODULE = (
    text("name", Domain.MODULE_NAME, "The module's name."),
    text("slug", Domain.FORGE_SLUG, "The module's author and name on the Forge."),
    text(
        "version",
        Domain.VERSION,
        "The installed release; empty where the Forge can have none of that form.",
        Mode.NULLABLE,
    ),
)
_CLASS_NAME = text("name", Domain.CLASS_NAME, "The class's name, in lower case.")


class Modules(Metric):
    """Modules and classes."""

    name = "modules"
    description = (
        "Which public modules are installed, which of their classes nodes declare, and which of "
        "both are unused. Private modules and classes are left out."
    )
    columns = (
        records("modules", "Public modules in any environment of this server.", *_MODULE),
        records(
            "classes",
            "Public classes that nodes declare.",
            _CLASS_NAME,
            integer("count", "How many nodes declare the class."),
        ),
        records(
            "unused_modules",
            "Public modules that define classes, none of which any node declares.",
            *_MODULE,
        ),
        records("unused_classes", "Public classes that no node declares.", _CLASS_NAME),
    )
    asks = ("declared", "unused_modules", "unused_classes")

    def gather(self, context: Context) -> dict[str, Any]:
        """Return installed modules and, where PuppetDB answers, the used and unused ones."""
        values: dict[str, Any] = {"modules": [_row(module) for module in context.modules]}
        if context.declared is not None:
            values["classes"] = [
                {"name": name, "count": count} for name, count in context.declared.items()
            ]
        if context.unused_modules is not None:
            values["unused_modules"] = [_row(module) for module in context.unused_modules]
        if context.unused_classes is not None:
            values["unused_classes"] = [{"name": name} for name in context.unused_classes]
        return values

    def example(self, rng: Random) -> dict[str, Any]:
        """Return popular modules more often than others, with some of their classes used."""
        modules = examples.modules(rng)
        classes = examples.classes(rng, modules)
        used = {name: count for name, count in classes.items() if rng.random() < 2 / 3}
        used_modules = {name.partition("::")[0] for name in used}
        return {
            "modules": modules,
            "classes": [{"name": name, "count": count} for name, count in used.items()],
            "unused_modules": [row for row in modules if row["name"] not in used_modules],
            "unused_classes": [{"name": name} for name in classes if name not in used],
        }


def _row(module: PublicModule) -> dict[str, Any]:
    return {"name": module.name, "slug": module.slug, "version": module.version}
