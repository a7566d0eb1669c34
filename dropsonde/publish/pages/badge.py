"""A module's badge: an SVG image that states its text's widths, so that it needs no font file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template

    from dropsonde.publish.pages.node import Node

_PAD, _LABEL = 6, "used by"
# Widths in pixels at 11 px, of the usual sans serif faces; the image says them, so every
# browser fits its letters into them.
_WIDTHS = {" ": 4.0, "t": 4.3, "i": 3.0, "s": 5.7, "f": 3.9, "w": 9.0, "≈": 9.0, ",": 4.0}
_WIDTH = 6.8


def badge(template: Template, module: Node) -> bytes:
    """The image.

    Args:
        template: ``badge.svg``.
        module: the module's document.
    """
    sites = module["sites"].value
    # Not "fewer than k": noise may hide a larger group, too.
    said = "number not public" if sites is None else f"≈ {sites:,} sites"
    left, right = _width(_LABEL), _width(said)
    image = template.render(
        label=_LABEL, said=said, left=left, right=right, pad=_PAD, told=sites is not None
    )
    return image.encode()


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(letter, _WIDTH) for letter in text)) + 2 * _PAD
