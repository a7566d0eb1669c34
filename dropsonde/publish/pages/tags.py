"""The tags that pages have by the thousand: numbers, each naming its cell, and rows of them.

A row names in ``data-row`` what its numbers are members of, so that each need not repeat it. These
could be macros of ``_numbers.html``, which has the others, but take a tenth of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from dropsonde.publish import paths
from dropsonde.publish.pages.wording import (
    number,
    percent,
    percent_upwards,
    signed,
    signed_percent,
    stretch,
    times,
    times_upwards,
    upwards,
)

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node

    Say = Callable[[Any], str]

_HIDDEN = '<span class="quiet">not public</span>'
# How a number and its error are said.
_SAYS: Mapping[str, tuple[Say, Say]] = {
    "sites": (number, upwards),
    "share": (percent, percent_upwards),
    "lift": (times, times_upwards),
    "change": (signed, upwards),
    "share_change": (signed_percent, percent_upwards),
}


def plain(node: Node) -> Markup:
    """A number."""
    return Markup(_data(node.value, escape(node.cell), number))  # noqa: S704 - escaped there


def within(error: Node) -> Markup:
    """An error, rounded up."""
    return Markup(_data(error.value, escape(error.cell), upwards))  # noqa: S704


def measured(node: Node, error: Node) -> Markup:
    """A number and how far the truth may be from it."""
    return plain(node) + Markup(f' <span class="error">± {within(error)}</span>')  # noqa: S704


def sites(row: Node) -> Markup:
    """A row's number of sites, or that it is not public."""
    return Markup(_measured(row.value, _at(row), "sites", "error"))  # noqa: S704


def share(row: Node, name: str = "share") -> Markup:
    """A row's share, or that it is not public."""
    return Markup(_share(row.value, _at(row), name))  # noqa: S704


def unused(row: Node) -> Markup:
    """At how many sites a module is there but unused, or that this is not public."""
    return Markup(_measured(row.value, _at(row), "unused", "unused_error"))  # noqa: S704


def change(row: Node, name: str = "change") -> Markup:
    """A row's change, in colour where it is more than its error, or that it is not public."""
    value, error = row.value[name], row.value[f"{name}_error"]
    beyond = value is not None and abs(value) > error
    tone = f' class="{"up" if value > 0 else "down"}"' if beyond else ""
    names = (name, f"{name}_error")
    return Markup(_told(row.value, _at(row), names, _SAYS[name], tone=tone))  # noqa: S704


def share_change(row: Node) -> Markup:
    """The same of a change of its share."""
    return change(row, "share_change")


def both(row: Node) -> Markup:
    """A row's share and its sites, of which a script shows one; without a share its sites."""
    return Markup(_both(row.value, _at(row)))  # noqa: S704


def majors_row(majors: Sequence[Node], at: int, week: str, names: tuple[str, str]) -> Markup:
    """A week of several majors, as a row of their table.

    Args:
        majors: each with lists of all weeks.
        at: the place of the week.
        week: its name.
        names: of the list of numbers and of that of their errors.
    """
    told = [
        f'<td data-row="{escape(of.cell)}">{_in_week(of.value, at, names)}</td>' for of in majors
    ]
    head = f'<tr><th scope="row"><time>{escape(week)}</time></th>'
    return Markup(f"{head}{''.join(told)}</tr>\n")  # noqa: S704 - made of escaped parts


def class_row(row: Node, *, shares: bool) -> Markup:
    """A class, as a row of a table."""
    value = row.value
    share_ = f"<td>{_share(value, '', 'share')}</td>" if shares else ""
    return Markup(  # noqa: S704 - made of escaped parts
        f'{_row(row)}<th scope="row"><bdi>{escape(value["class"])}</bdi></th>{share_}'
        f"<td>{_measured(value, '', 'sites', 'error')}</td></tr>\n"
    )


def pair_row(row: Node, root: str, known: Collection[str]) -> Markup:
    """A module that another is used with, as a row of a table; its lift if there is one."""
    value = row.value
    head = f'{_row(row)}<th scope="row">{_key(value["module"], "module", (root, known))}</th>'
    lift = ""
    if value["lift"] is not None:
        lift = f"<td>{_told(value, '', ('lift', 'lift_error'), _SAYS['lift'])}</td>"
    sites_ = f"<td>{_measured(value, '', 'sites', 'error')}</td>"
    return Markup(f"{head}{lift}{sites_}</tr>\n")  # noqa: S704 - made of escaped parts


def longest(rows: Iterable[Node]) -> float:
    """The most sites of a row."""
    found: float = max(row.value["sites"] for row in rows)
    return found


def bar(node: Node, most: float) -> Markup:
    """A bar beside a number, which says the same."""
    return Markup(_bar(node.value, most))  # noqa: S704 - a number


def week_row(row: Node) -> Markup:
    """A week of a trend, as a row of its table."""
    value = row.value
    pairs = (("sites", "error"), ("week_sites", "week_error"))
    told = [f"<td>{_measured(value, '', *names)}</td>" for names in pairs]
    if value.get("of") is not None:  # a module's, which has a share of them
        told.insert(0, f"<td>{_share(value, '', 'share')}</td>")
    head = f'{_row(row)}<th scope="row"><time>{escape(value["week"])}</time></th>'
    return Markup(f"{head}{''.join(told)}</tr>\n")  # noqa: S704 - made of escaped parts


def missing_row(week: str, columns: int) -> Markup:
    """A week that was not released, in the same table."""
    head = f'<tr data-missing><th scope="row"><time>{week}</time></th>'
    told = f'<td class="quiet" colspan="{columns}">not released</td>'
    return Markup(f"{head}{told}</tr>\n")  # noqa: S704 - a week's name is no markup


def bar_row(
    row: Node, names: Sequence[str], most: float, link: tuple[str, Collection[str]], unknown: str
) -> Markup:
    """A row of bars.

    Args:
        row: with ``sites`` and ``error``.
        names: of its keys.
        most: the most sites of a row.
        link: the path to the public root, and the modules that have a page.
        unknown: words for a missing first key.
    """
    value = row.value
    words = [
        _key(value[name], name, link if name == "module" else None)
        for name in names
        if value[name] is not None
    ]
    if value[names[0]] is None:
        words.insert(0, f'<span class="quiet">{escape(unknown)}</span>')
    label = " ".join(words)
    told = f'<span class="told">{_both(value, "")}</span>'
    return Markup(  # noqa: S704 - made of escaped parts
        f'<li data-row="{escape(row.cell)}"><span class="label">{label}</span>'
        f"{_bar(value['sites'], most)}{told}</li>\n"
    )


def _row(row: Node) -> str:
    return f'<tr data-row="{escape(row.cell)}">'


def _at(row: Node) -> str:
    """What stands before a member's name where no row names the cell."""
    return f"{escape(row.cell)}/"


def _bar(value: float, most: float) -> str:
    return f'<svg aria-hidden="true"><rect width="{stretch(value, most)}%" height="100%"/></svg>'


def _key(value: Any, cell: str, link: tuple[str, Collection[str]] | None) -> str:
    if isinstance(value, (int, float)):
        return _data(value, cell, number)
    if link is not None and value in link[1]:
        return f'<a href="{link[0]}{paths.module_page(value)}"><bdi>{value}</bdi></a>'
    return f"<bdi>{escape(value)}</bdi>"


def _in_week(value: dict[str, Any], at: int, names: tuple[str, str]) -> str:
    found = {name: value[name][at] for name in names}
    places = tuple(f"{name}/{at}" for name in names)
    return _told(found, "", names, _SAYS[names[0]], places)


def _share(value: dict[str, Any], at: str, name: str) -> str:
    return _told(value, at, (name, f"{name}_error"), _SAYS["share"])


def _both(value: dict[str, Any], at: str) -> str:
    sites_ = _measured(value, at, "sites", "error")
    if value.get("share") is None:
        return sites_
    share_ = _share(value, at, "share")
    return f'<span class="as-share">{share_}</span> <span class="as-sites">{sites_} sites</span>'


def _measured(value: dict[str, Any], at: str, of: str, error: str) -> str:
    return _told(value, at, (of, error), _SAYS["sites"])


def _told(
    value: dict[str, Any],
    at: str,
    names: tuple[str, str],
    says: tuple[Say, Say],
    places: Sequence[str] = (),
    tone: str = "",
) -> str:
    """A number and how far the truth may be from it, or that it is not public.

    Args:
        value: what has both.
        at: what stands before their places; nothing in a row that names its cell.
        names: of the two.
        says: how to say them.
        places: of the two, if not their names.
        tone: an attribute of the number.
    """
    told = value[names[0]]
    if told is None:
        return _HIDDEN
    error = value[names[1]]
    place, within_ = places or names
    return (  # in one piece, as a page has a thousand of these
        f'<data{tone} value="{told}" data-cell="{at}{place}">{says[0](told)}</data> '
        f'<span class="error">± <data value="{error}" data-cell="{at}{within_}">'
        f"{says[1](error)}</data></span>"
    )


def _data(value: Any, cell: str, said: Say) -> str:
    return f'<data value="{value}" data-cell="{cell}">{said(value)}</data>'
