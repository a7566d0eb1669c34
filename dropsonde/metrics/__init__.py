"""Metrics, one file each. A metric needs to import only this module.

A metric declares its columns, gathers them from a :class:`Context`, and makes examples of them. Its
module's docstring says why its data is safe to collect. A new built-in metric is a new file in this
directory; third-party metrics are found by entry point or in ``--plugins DIR``, and have the same
rights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from dropsonde.schema.model import Column, Domain, Mode, Type, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context

__all__ = [
    "FROM_PUPPETDB",
    "Column",
    "Domain",
    "Metric",
    "Mode",
    "Type",
    "integer",
    "records",
    "text",
]

# What of the context PuppetDB answers.
FROM_PUPPETDB = frozenset(
    {"declared", "unused_modules", "unused_classes", "platforms", "systems", "agents"}
)


class Metric(ABC):
    """A plug-in that fills columns of the report.

    Attributes:
        name: short, lower case; --enable and --disable take it.
        description: a sentence or two for the administrator.
        columns: every column that the metric may fill.
        asks: what :meth:`gather` reads of :data:`FROM_PUPPETDB`, so that PuppetDB is asked while
            modules are read; what it does not name here is asked for when it is read.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    asks: ClassVar[Sequence[str]] = ()

    def setup(self, context: Context) -> None:  # noqa: B027  # may be left out
        """Prepare; called once before :meth:`gather`."""

    @abstractmethod
    def gather(self, context: Context) -> Mapping[str, Any]:
        """Return the site's values by column name; leave out columns that have no value.

        Tables are lists of dictionaries. Their order does not matter: the report sorts them.
        """

    @abstractmethod
    def example(self, rng: Random) -> Mapping[str, Any]:
        """Return made-up values for every column, drawn only from ``rng``."""

    def cleanup(self, context: Context) -> None:  # noqa: B027  # may be left out
        """Clean up; called after :meth:`gather`, even when that failed."""
