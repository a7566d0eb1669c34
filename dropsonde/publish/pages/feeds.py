"""Atom feeds (RFC 4287): new weeks, what rises, and one for each module.

An entry is of one week, and says only what that week's cells say, so it is the same whenever it is
made again: a reader's program shows none twice. A feed has to name itself by its whole address, so
there are none where that is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from dropsonde.publish import paths
from dropsonde.publish.numbers import Number, share
from dropsonde.publish.pages import wording
from dropsonde.publish.pages.charts import rising

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node

_ATOM = "http://www.w3.org/2005/Atom"
_WEEKS = 26  # of the feed of new weeks
_MODULE_WEEKS = 8  # of a module's: the last ones, if they are public
_EPOCH = "1970-01-01T00:00:00Z"  # of a feed without an entry


@dataclass(frozen=True)
class _Entry:
    """What is new.

    Attributes:
        at: the fragment that, behind the feed's address, names the entry for ever.
        title: a line.
        text: more.
        made: when, as the index has it.
        page: to read on, below the root.
    """

    at: str
    title: str
    text: str
    made: str
    page: str


def feeds(site: str, documents: Mapping[str, Node]) -> Iterator[tuple[str, bytes]]:
    """The feeds that are not of one module, with their paths below the public root.

    Args:
        site: the public root's address, with a slash at its end.
        documents: path to document of the static API.
    """
    weeks = {str(each["week"]): each for each in documents["v1/index.json"]["weeks"]}
    yield _feed(site, paths.WEEKS_FEED, "new weeks", "index.html", _new_weeks(weeks))
    index = documents["v1/index.json"]
    yield _feed(
        site, paths.RISING_FEED, "what is rising", "index.html",
        _risen(documents["v1/modules.json"], weeks, index["method"]["deviations"].value),
    )  # fmt: skip


def module_feed(site: str, module: Node, index: Node) -> tuple[str, bytes]:
    """A module's feed, with its path.

    Args:
        site: as of :func:`feeds`.
        module: its document.
        index: of all weeks.
    """
    slug = str(module["module"])
    weeks = {str(each["week"]): each for each in list(index["weeks"])[-_MODULE_WEEKS:]}
    entries = _of_module(slug, module, weeks)
    return _feed(site, paths.module_feed(slug), slug, paths.module_page(slug), entries)


def _new_weeks(weeks: Mapping[str, Node]) -> Iterator[_Entry]:
    for week, about in _newest(weeks.items(), _WEEKS):
        said = _measured(about["sites"].value, about["error"].value)
        text = f"{said} reported, the mean of up to {about['method']['weeks']} weeks."
        yield _Entry(week, f"{week}: {said}", text, str(about["made"]), "index.html")


def _risen(modules: Node, weeks: Mapping[str, Node], deviations: float) -> Iterator[_Entry]:
    """One entry, of the newest week; none where nothing has risen by more than noise explains."""
    grown = rising(modules, deviations)
    if grown:
        week, since = str(modules["week"]), str(modules["since"])
        lines = [
            f"{row['module']}: {wording.signed_percent(row['share_change'].value)} "
            f"± {wording.percent_upwards(row['share_change_error'].value)}, now "
            f"{wording.percent(row['share'].value)} "
            f"± {wording.percent_upwards(row['share_error'].value)} of all sites"
            for row in grown
        ]
        title = f"{week}: higher than in {since}"
        yield _Entry(week, title, "\n".join(lines), str(weeks[week]["made"]), "index.html")


def _of_module(slug: str, module: Node, weeks: Mapping[str, Node]) -> Iterator[_Entry]:
    trend = [*module["trend"]][-_MODULE_WEEKS:]
    shown = [(str(each["week"]), each) for each in trend if each["sites"].value is not None]
    for week, point in _newest(shown, _MODULE_WEEKS):
        sites = Number(point["sites"].value, point["error"].value)
        said = _measured(*sites)
        title = f"{slug} in {week}: {said}"
        part = share(sites, Number(point["of"].value, point["of_error"].value))
        text = f"Used by {said}."
        if part is not None:
            within = wording.percent_upwards(part.error)
            text += f" That is {wording.percent(part.value)} ± {within} of all sites."
        yield _Entry(week, title, text, str(weeks[week]["made"]), paths.module_page(slug))


def _newest(some: Iterable[tuple[str, Node]], most: int) -> Sequence[tuple[str, Node]]:
    """The last ones, newest first."""
    return [*some][-most:][::-1]


def _measured(value: float, error: float) -> str:
    return f"{wording.number(value)} ± {wording.upwards(error)} sites"


def _feed(
    site: str, path: str, title: str, page: str, entries: Iterable[_Entry]
) -> tuple[str, bytes]:
    found = list(entries)
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(feed, "id", f"{site}{path}")
    _add(feed, "title", f"Dropsonde: {title}")
    _add(feed, "updated", found[0].made if found else _EPOCH)
    _add(ET.SubElement(feed, "author"), "name", "Dropsonde")
    _add(feed, "rights", paths.LICENCE)
    ET.SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{site}{path}")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{site}{page}")
    ET.SubElement(feed, "link", rel="license", href=paths.LICENCE_URL)
    for each in found:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "id", f"{site}{path}#{each.at}")
        _add(entry, "title", each.title)
        _add(entry, "updated", each.made)
        ET.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{site}{each.page}")
        _add(entry, "content", each.text).set("type", "text")
    ET.indent(feed, " ")
    return path, ET.tostring(feed, encoding="utf-8", xml_declaration=True) + b"\n"


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    made = ET.SubElement(parent, name)
    made.text = text
    return made
