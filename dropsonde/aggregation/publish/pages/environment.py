"""The templates, and what they can call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dropsonde.aggregation.publish.pages import paths, trends, wording

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILTERS = (wording.number, wording.signed, wording.upwards, wording.percent, wording.stretch)


def environment(shared: Mapping[str, Any]) -> Environment:
    """Templates in which every value is escaped and a name that is not there is a fault.

    Args:
        shared: what every template sees.
    """
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update({each.__name__: each for each in _FILTERS})
    made.globals.update(
        module_page=paths.module,
        badge_image=paths.badge,
        table_page=paths.table,
        all_sites=trends.all_sites,
        of_module=trends.of_module,
        **shared,
    )
    # Its macros see all of the above; every template calls them.
    made.globals["n"] = made.get_template("_numbers.html").module
    return made
