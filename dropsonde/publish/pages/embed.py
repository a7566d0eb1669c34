"""A picture of a module's share of all sites over a year, for READMEs and others' pages.

It is plain SVG that needs no style sheet, script or font, and looks the same on light and on dark
pages. There are as many as modules, so it is made of strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from dropsonde.common import weeks as calendar
from dropsonde.publish import paths
from dropsonde.publish.pages.badge import NOT_PUBLIC, said
from dropsonde.publish.pages.wording import percent

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node

    Point = tuple[int, float, float]

WEEKS = 52
_WIDTH, _HEIGHT = 480, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 16, 64, 32
_LETTERS = 46  # of a name
_INK, _QUIET, _LINE, _FILL = "#1c2024", "#56606b", "#d5dae0", "#1f6fbf"
_SVG = (
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
    f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="t d" '
    'font-family="system-ui,Verdana,sans-serif" font-size="12">'
)
_PAPER = (
    f'<rect x=".5" y=".5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="6" fill="#fff" '
    f'stroke="{_LINE}"/>'
)


def embedded(module: Node) -> tuple[str, bytes]:
    """A module's picture, with its path below the public root.

    Args:
        module: its document.
    """
    slug = str(module["module"])
    trend = module["trend"].value[-WEEKS:]
    told = said(module, "share")
    text = f"used by {told}" if told is not None else NOT_PUBLIC
    first, last = trend[0]["week"], trend[-1]["week"]
    about = f"Its share of all sites that report, {first} to {last}; shaded is how exact it is."
    name = slug if len(slug) <= _LETTERS else f"{slug[: _LETTERS - 1]}…"
    parts = [
        _SVG,
        f'<title id="t">{escape(slug)}: {text}</title><desc id="d">{about}</desc>',
        _PAPER,
        f'<text x="16" y="24" font-size="15" font-weight="600" fill="{_INK}">{escape(name)}</text>',
        f'<text x="16" y="44" fill="{_QUIET}">{text}</text>',
        *_drawn(trend),
        "</svg>",
    ]
    return paths.embed(slug), "\n".join([*parts, ""]).encode()


def _drawn(trend: Sequence[dict[str, Any]]) -> Iterator[str]:
    stretches = list(_stretches(trend))
    if not stretches:
        return
    most = max(share + error for some in stretches for _, share, error in some)
    top = _top(most)
    span = max(calendar.apart(trend[0]["week"], trend[-1]["week"]), 1)
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def spot(at: int, share: float) -> str:
        down = _TOP + height * (1 - min(max(share / top, 0), 1))
        return f"{_LEFT + width * at / span:.0f},{down:.1f}"

    for share in (0.0, top):
        y = spot(0, share).partition(",")[2]
        yield f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="{_LINE}"/>'
        yield f'<text x="{_LEFT - 6}" y="{float(y) + 4:.0f}" text-anchor="end" fill="{_QUIET}">'
        yield f"{percent(share)}</text>"
    for some in stretches:
        edge = [spot(at, share + error) for at, share, error in some]
        edge += [spot(at, share - error) for at, share, error in reversed(some)]
        yield f'<polygon points="{" ".join(edge)}" fill="{_FILL}" fill-opacity=".2"/>'
        points = " ".join(spot(at, share) for at, share, _ in some)
        if len(some) == 1:
            x, y = points.split(",")
            yield f'<circle cx="{x}" cy="{y}" r="3" fill="{_FILL}"/>'
        else:
            yield f'<polyline points="{points}" fill="none" stroke="{_FILL}" stroke-width="2"/>'
    under = _HEIGHT - 12
    yield f'<text x="{_LEFT}" y="{under}" fill="{_QUIET}">{trend[0]["week"]}</text>'
    if len(trend) > 1:
        yield f'<text x="{_WIDTH - _RIGHT}" y="{under}" text-anchor="end" fill="{_QUIET}">'
        yield f"{trend[-1]['week']}</text>"


def _stretches(trend: Sequence[dict[str, Any]]) -> Iterator[list[Point]]:
    """Weeks in a row in which the share was public: place, share and its error of each."""
    found: list[Point] = []
    for each in trend:
        at = calendar.apart(trend[0]["week"], each["week"])
        if found and (each["share"] is None or at > found[-1][0] + 1):
            yield found
            found = []
        if each["share"] is not None:
            found.append((at, each["share"], each["share_error"]))
    if found:
        yield found


def _top(most: float) -> float:
    """The share at the top of the picture."""
    for power in (0.01, 0.1, 1.0):
        for step in (1, 2, 5):
            if most <= step * power:
                return step * power
    return most
