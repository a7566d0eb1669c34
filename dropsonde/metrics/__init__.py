"""Metrics: one file each. This module is all that a metric needs to import.

A metric declares its columns, gathers them from a :class:`Context`, and makes examples of them. Its
module's docstring says why its data is safe to collect. A new built-in metric is a new file in this
directory; anybody else's is found by entry point or in ``--plugins DIR``, and is worth as much.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar

from dropsonde.schema.model import Column, Domain, Mode, Type, integer, records, text

if TYPE_CHECKING:
    from dropsonde.site.context import Context

__all__ = ["Column", "Domain", "Metric", "Mode", "Type", "integer", "records", "text"]


class Metric(ABC):
    """What one plug-in reports.

    Attributes:
        name: short, lower case; what --enable and --disable take.
        description: a sentence or two for the administrator.
        columns: every column that the metric may fill.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]

    def setup(self, context: Context) -> None:  # noqa: B027  # may be left out
        """Make ready; called once before :meth:`gather`."""

    @abstractmethod
    def gather(self, context: Context) -> Mapping[str, Any]:
        """The site's values by column name; a column that cannot be told is left out.

        Tables are lists of dictionaries. Their order says nothing: the report sorts them.
        """

    @abstractmethod
    def example(self, rng: Random) -> Mapping[str, Any]:
        """Made-up values for every column, drawn from ``rng`` alone."""

    def cleanup(self, context: Context) -> None:  # noqa: B027  # may be left out
        """Tidy up; called after :meth:`gather`, even when that failed."""
