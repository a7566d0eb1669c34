"""What several documents have alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.release import Role
from dropsonde.publish.described.shapes import (
    lookup,
    maybe,
    optional,
    real,
    record,
    several,
    text,
    week,
    whole,
)
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.publish.described.shapes import Shape

WITHIN = "95 % of all such numbers are within this, to each side."
WEEK = week("The week, Monday to Sunday, in UTC.")
SINCE = maybe(week("The week that changes are since; null in the first."))
PRECISION = lookup(
    "How exact numbers are: of a table, of table.column for a sum, of * for all sites.",
    optional(
        record(
            error=maybe(real("95 % of all means are within this, to each side; null without any.")),
            week_error=real("The same of numbers of the week alone."),
        ),
        least=whole("Sites that a group needs to be shown; of tables alone."),
    ),
)
PRECISE = {"$ref": "#/components/schemas/precision"}
HEAD = {"week": WEEK, "precision": PRECISE}
ALL = {
    "sites": whole("Distinct sites that reported, the mean of the weeks."),
    "error": real(WITHIN),
}
SITES = {
    "sites": whole("Distinct sites of the group, the mean of the weeks."),
    "error": real(WITHIN),
    "week_sites": whole("The number of the week alone."),
}
MAYBE_SITES = {name: maybe(shape) for name, shape in SITES.items()}
UNUSED = {
    "unused": maybe(whole("Sites that have the module installed and use none of its classes.")),
    "unused_error": maybe(real(WITHIN)),
}
CHANGE = {
    "change": maybe(whole("The number of sites less that of the week `since`.")),
    "change_error": maybe(real(WITHIN)),
}
UNUSED_SHARE = {
    "unused_share": maybe(real("These, of the sites that have the module.")),
    "unused_share_error": maybe(real(WITHIN)),
}
LIFT = {
    "lift": maybe(
        real("How many times as many sites have both as chance would make; of weighed pairs.")
    ),
    "lift_error": maybe(real(WITHIN)),
}
SHARE_CHANGE = {
    "share_change": maybe(real("The share of all sites less that of the week `since`.")),
    "share_change_error": maybe(real(WITHIN)),
}
CHANGES = record(
    "Since an earlier week that was released.",
    over=whole("Weeks, to the newest."),
    since=week("That week."),
    **CHANGE,
    **SHARE_CHANGE,
)
FIELD = record(
    "A column.",
    name=text("As in the rows."),
    type=text("Of its values.", enum=[each.value for each in Type]),
    role=text(
        "A key, a number of sites, its error, the week's number, or a sum.",
        enum=[each.value for each in Role if each is not Role.METHOD],
    ),
    description=text("A sentence."),
)
TABLE = record(
    **HEAD,
    name=text("Of the table."),
    title=text("A few words."),
    description=text("What it counts."),
    fields=several(FIELD, "Its columns."),
    rows=several(
        several({"type": ["string", "number", "null"]}, "Values in the order of the columns."),
        "Most sites first.",
    ),
)


def share(of: str) -> dict[str, Shape]:
    """A share and its error."""
    return {
        "share": maybe(real(f"Of {of}; noise may push it below 0 or above 1.")),
        "share_error": maybe(real(WITHIN)),
    }
