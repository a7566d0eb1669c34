"""The templates, with their filters and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dropsonde.publish import paths
from dropsonde.publish.pages import charts, module_page, tags, wording

_FILTERS = (wording.percent_upwards, wording.chance)


def environment(shared: Mapping[str, Any]) -> Environment:
    """Templates that escape every value and fail on an undefined name.

    Args:
        shared: variables of every template.
    """
    made = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        auto_reload=False,  # no look at the files for each of thousands of pages
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update({each.__name__: each for each in _FILTERS})
    made.globals.update(
        module_page=paths.module_page,
        badge_image=paths.badge,
        embed_image=paths.embed,
        modules_page=paths.modules_page,
        table_page=paths.table_page,
        canonical=paths.canonical,
        weeks_feed=paths.WEEKS_FEED,
        rising_feed=paths.RISING_FEED,
        card=paths.CARD,
        newest_weeks=charts.newest_weeks,
        rising=charts.rising,
        falling=charts.falling,
        with_gaps=charts.with_gaps,
        tags=tags,
        of_module=module_page,
        **shared,
    )
    # Its macros use all of the above; every template calls them.
    made.globals["n"] = made.get_template("_numbers.html").module
    return made
