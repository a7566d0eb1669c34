"""Metric: Ruby's own methods that Puppetfiles call.

Safe to collect: only names that Ruby and its standard library define are reported, and none that a
Puppetfile redefines. Modules, URLs, branches and all other data from git stay on the site.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.metrics import Domain, Metric, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context


class Puppetfiles(Metric):
    """Ruby in Puppetfiles."""

    name = "puppetfiles"
    description = (
        "Which of Ruby's own methods Puppetfiles call besides mod, forge and moduledir: it tells "
        "whether a Puppetfile could be read without Ruby."
    )
    columns = (
        records(
            "puppetfile_ruby_methods",
            "Ruby methods called in Puppetfiles.",
            text("name", Domain.RUBY_METHOD, "The method's name."),
            integer("count", "How many calls stand in all Puppetfiles."),
        ),
    )

    def gather(self, context: Context) -> dict[str, Any]:
        """Return each method once."""
        return {
            "puppetfile_ruby_methods": [
                {"name": name, "count": count} for name, count in context.ruby_calls.items()
            ]
        }

    def example(self, rng: Random) -> dict[str, Any]:
        """Return no methods for most sites: most Puppetfiles call none."""
        names = ("each", "require", "puts", "fetch", "join", "exist?")
        chosen = rng.sample(names, rng.choice((0, 0, 0, 1, 2)))
        return {
            "puppetfile_ruby_methods": [
                {"name": name, "count": rng.randint(1, 12)} for name in chosen
            ]
        }
