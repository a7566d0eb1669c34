"""The shape of each document of the static API, said once, for its description and for tests.

Rows of a table have the columns of the release, so a description is of one publication, and nothing
is in its documents that the description does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import Role
from dropsonde.publish.api import BADGES
from dropsonde.publish.described.common import (
    ALL,
    CHANGE,
    CHANGES,
    HEAD,
    LIFT,
    MAYBE_SITES,
    PRECISE,
    SHARE_CHANGE,
    SINCE,
    SITES,
    TABLE,
    UNUSED,
    UNUSED_SHARE,
    WEEK,
    WITHIN,
    share,
)
from dropsonde.publish.described.index import INDEX
from dropsonde.publish.described.shapes import (
    lookup,
    maybe,
    module,
    pair,
    real,
    record,
    several,
    text,
    week,
    whole,
)
from dropsonde.publish.sentences import KINDS
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Field, Release, Table
    from dropsonde.publish.described.shapes import Shape

_TYPES = {Type.STRING: text, Type.INTEGER: whole, Type.FLOAT: real}
_NUMBER = maybe(whole("Sites; null in weeks in which that was not public."))
_SEARCH = record(
    week=WEEK,
    modules=several(
        pair(module("A module."), maybe(real("Of all sites.")), "A module and its share.")
    ),
    gone=several(
        pair(module("A module."), week("A week."), "A module and its last week."),
        "Those that were public in an earlier week alone.",
    ),
)
_FORGE = record(
    known={"type": "boolean", "description": "Whether publishing knew what the Forge has."},
    modules=several(module("A module."), "Those that no week shows, by name."),
)
_IS_DEPRECATED = maybe(
    {"type": "boolean", "description": "Whether its owner says so on the Forge; null: not known."}
)
_LISTED = {
    **share("all sites"),
    **CHANGE,
    **SHARE_CHANGE,
    **UNUSED,
    "deprecated": _IS_DEPRECATED,
}
_COMPARE = record(
    weeks=several(WEEK, "Every week, oldest first; all lists below have the same order."),
    sites=several(whole("All sites.")),
    sites_error=several(real(WITHIN)),
    modules=lookup("Module to its sites in each week.", several(_NUMBER)),
    errors=lookup("Module to the errors of these.", several(maybe(real(WITHIN)))),
)
_POINT = record(
    "A week.",
    week=WEEK,
    **MAYBE_SITES,
    week_error=maybe(real(WITHIN)),
    **share("all sites"),
    of=whole("All sites of that week."),
    of_error=real(WITHIN),
)

_ERRORS = several(maybe(real(WITHIN)))
_MAJOR = record(
    "A major version; its lists have the weeks of the trend.",
    major=text("Its number."),
    sites=several(_NUMBER),
    error=_ERRORS,
    share=several(maybe(real("Of the module's sites."))),
    share_error=_ERRORS,
)
_SENTENCE = record(
    "What its owner says on the Forge, or the numbers hold beyond their errors.",
    kind=text("What it is about.", enum=[*KINDS]),
    text=text("For people, without a full stop."),
)


def _parts(about: str, **keys: Shape) -> dict[str, Any]:
    return several(record(**keys, **SITES), about)


def _some_of(about: str, **keys: Shape) -> dict[str, Any]:
    return several(record(**keys, **SITES, **share("the module's sites")), about)


def _word(about: str) -> dict[str, Any]:
    return maybe(text(f"{about} Null: none of the others, or unknown."))


_MODULE = record(
    module=module("Its name."),
    week=WEEK,
    since=SINCE,
    deprecated=maybe(
        record(
            "What its owner says on the Forge; null: not deprecated, or not known.",
            since=text("The day."),
            superseded_by=maybe(module("The module that takes its place.")),
        )
    ),
    precision=PRECISE,
    **MAYBE_SITES,
    **share("all sites"),
    **CHANGE,
    **UNUSED,
    **UNUSED_SHARE,
    changes=several(CHANGES, "The shortest first."),
    trend=several(_POINT, "Every week, oldest first."),
    majors=_some_of("Its major versions.", major=_word("A major version.")),
    majors_trend=several(_MAJOR, "Every major that any week shows, the newest first."),
    said=several(_SENTENCE, "Sentences about it."),
    versions=_some_of("Its versions.", version=_word("A version.")),
    platforms=_some_of("Families of systems of its nodes.", platform=_word("A family.")),
    systems=_some_of(
        "Operating systems of its nodes.",
        os=_word("A name."),
        release=_word("A major release."),
    ),
    agents=_some_of(
        "Agents of its sites' nodes.",
        agent=maybe(
            text("puppet or openvox. Null: of one of them, which its version does not tell.")
        ),
        major=_word("A major version."),
    ),
    classes=_some_of("Its classes.", **{"class": _word("A class.")}),
    requirements=_parts("What private modules require.", major=_word("A major version.")),
    together=several(
        record(module=_word("A module."), **SITES, **LIFT),
        "Modules of the same sites: first those with a lift above 1 by more than its error.",
    ),
    alike=several(
        record(
            module=module("A module."),
            category=maybe(text("Of both; null where both have one name.")),
            deprecated=_IS_DEPRECATED,
            sites=_NUMBER,
            error=maybe(real(WITHIN)),
            **share("all sites"),
        ),
        "Modules for the same job that are or were public, most sites first.",
    ),
)


_BADGE = record(
    "What shields.io calls an endpoint.",
    schemaVersion={"const": 1, "description": "Of that form."},
    label=text("The left half."),
    message=text("The right half: the number with its error, or that it is not public."),
    color=text("Of the right half, in hexadecimal.", pattern="^[0-9a-f]{6}$"),
    cacheSeconds=whole("How long it stays good."),
)


def schemas(release: Release) -> dict[str, dict[str, Any]]:
    """The shape of each document, by its path as :data:`dropsonde.publish.api.DOCUMENTS` has it.

    Args:
        release: the newest.
    """
    names = ("operating_systems", "server_systems", "servers", "agents")
    of_sites = ("modules_per_site", "environments_per_site", "puppetfile_methods")
    return {
        "v1/index.json": INDEX,
        "v1/modules.json": record(
            **HEAD, since=SINCE, **ALL, modules=_rows(release, "module_usage", _LISTED)
        ),
        "v1/modules/AUTHOR-NAME.json": _MODULE,
        "v1/classes.json": record(**HEAD, classes=_rows(release, "class_usage")),
        "v1/systems.json": record(**HEAD, **{name: _rows(release, name) for name in names}),
        "v1/sites.json": record(**HEAD, **ALL, **{name: _rows(release, name) for name in of_sites}),
        "v1/search.json": _SEARCH,
        "v1/forge.json": _FORGE,
        "v1/compare.json": _COMPARE,
        "v1/tables/TABLE.json": TABLE,
        **dict.fromkeys(BADGES, _BADGE),
    }


def _rows(release: Release, name: str, more: Mapping[str, Shape] | None = None) -> dict[str, Any]:
    """Rows of a released table as objects; none if the release has no such table."""
    table: Table | None = release.tables.get(name)
    if table is None:
        return {"type": "array", "maxItems": 0, "description": "Not counted in this week."}
    columns = {field.name: _column(field) for field in table.fields}
    return several(record(**columns, **(more or {})), table.description or table.title)


def _column(field: Field) -> dict[str, Any]:
    shape: dict[str, Any] = _TYPES[field.type](field.description)
    return maybe(shape) if field.role in {Role.KEY, Role.SUM} else shape
