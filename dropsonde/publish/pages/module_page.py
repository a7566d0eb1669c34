"""What a module's page chooses of its document, which has more than a page can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.common import weeks as calendar
from dropsonde.publish import paths
from dropsonde.publish.majors import rank

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node

EVERY = 4  # weeks between the rows of majors: means of up to 13 weeks move slowly
_WEEKS = 104
_MAJORS = 5  # of a chart: there are as many colours
_RELEASES = 6
_PAIRS = 50
_COMPARED = 5
_FORGE = "https://forge.puppet.com/modules"
# What may be missing on a page: its words and its table.
_PARTS = {
    "majors": ("Major versions", "module_majors"),
    "versions": ("Releases", "module_versions"),
    "platforms": ("Families of systems", "module_platforms"),
    "systems": ("Systems of its sites", "module_systems"),
    "agents": ("Agents of its sites", "module_agents"),
    "classes": ("Classes", "class_usage"),
    "together": ("Modules that it is used with", "module_pairs"),
    "requirements": ("What private modules require", "private_dependencies"),
}


class Missing(NamedTuple):
    """What is not shown: its words, and the sites that a group needs."""

    name: str
    least: Node


def forge(slug: str) -> str:
    """The module's page on the Forge; the slug must be a valid one."""
    paths.module(slug)
    author, _, name = slug.partition("-")
    return f"{_FORGE}/{author}/{name}"


def majors(of: Node, weeks: Sequence[tuple[int, str]]) -> list[Node]:
    """The majors of a chart: those that most sites had in its weeks, the newest first.

    Args:
        of: the document's ``majors_trend``.
        weeks: of :func:`sampled`.
    """
    places = [at for at, _ in weeks]
    most = {
        each.cell: max(each.value["sites"][at] or 0 for at in places)
        for each in of
        if any(each.value["sites"][at] is not None for at in places)
    }
    kept = sorted(most, key=lambda cell: -most[cell])[:_MAJORS]
    return [each for each in of if each.cell in kept]


def sampled(trend: Node) -> list[tuple[int, str]]:
    """Place and week of every fourth week back from the newest, oldest first."""
    weeks = [str(each["week"]) for each in trend]
    ago = [calendar.apart(week, weeks[-1]) for week in weeks]
    return [
        (at, week)
        for at, (week, back) in enumerate(zip(weeks, ago, strict=True))
        if back % EVERY == 0 and back < _WEEKS
    ]


def newest_major(rows: Node) -> Node | None:
    """The row of the highest major that is shown; None without any."""
    known = [row for row in rows if row.value["major"] is not None]
    return max(known, key=lambda row: rank(row.value["major"]), default=None)


def newest_releases(rows: Node) -> list[Node]:
    """The highest releases, the highest first; of each minor one."""
    known = [row for row in rows if row.value["version"] is not None]
    found: dict[tuple[str, ...], Node] = {}
    for row in sorted(known, key=lambda row: rank(row.value["version"]), reverse=True):
        found.setdefault(tuple(row.value["version"].split(".")[:2]), row)
    return [*found.values()][:_RELEASES]


def said(module: Node, *kinds: str) -> list[Node]:
    """Its sentences of some kinds."""
    return [each for each in module["said"] if each.value["kind"] in kinds]


def pairs(rows: Node) -> list[Node]:
    """The first pairs of the document."""
    return [rows[at] for at in range(min(len(rows), _PAIRS))]


def compared(module: Node) -> list[str]:
    """The module and the most used ones for its job."""
    others = [str(each["module"]) for each in module["alike"]]
    return [str(module["module"]), *others][:_COMPARED]


def missing(module: Node) -> Iterator[Missing]:
    """What the document would have if more sites had it."""
    for part, (name, table) in _PARTS.items():
        if not len(module[part]) and table in module.value["precision"]:
            yield Missing(name, module["precision"][table]["least"])


def drawable(weeks: Sequence[Node]) -> bool:
    """Whether a chart would show more than zeros."""
    return any((each.value["sites"] or 0) > 0 for each in weeks)
