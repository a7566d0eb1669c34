"""Badges for READMEs: images of our own, and documents of which shields.io makes others.

An image states its text's widths, so it needs no font file. One more of each is for every module
that is not shown: a web server gives it where it finds none, so no README has a broken picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dropsonde.publish import paths
from dropsonde.publish.pages import wording

if TYPE_CHECKING:
    from jinja2 import Template

    from dropsonde.publish.pages.node import Node

NOT_PUBLIC = "number not public"  # not "fewer than k": noise may hide a larger group, too
_TOLD, _QUIET = "0b5cad", "66707a"  # colours, in hexadecimal
_DAY = 86_400  # seconds
_PAD, _LABEL = 6, "used by"
# Widths in pixels at 11 px, of the usual sans serif faces; the image says them, so every
# browser fits its letters into them.
_WIDTHS = {
    " ": 4.0,
    "t": 4.3,
    "i": 3.0,
    "s": 5.7,
    "f": 3.9,
    ".": 4.0,
    "±": 9.0,
    ",": 4.0,
    "%": 11.8,
}
_WIDTH = 6.8


def badges(template: Template, module: Node) -> Iterator[tuple[str, bytes]]:
    """A module's images and documents, with their paths below the public root.

    Args:
        template: ``badge.svg``.
        module: its document.
    """
    slug = str(module["module"])
    for measure in paths.MEASURES:
        text = said(module, measure)
        yield paths.badge(slug, measure), _image(template, text)
        yield paths.endpoint(slug, measure), _document(text)


def no_badges(template: Template) -> Iterator[tuple[str, bytes]]:
    """The same of every module that is not shown."""
    yield paths.NO_BADGE, _image(template, None)
    yield paths.NO_ENDPOINT, _document(None)


def said(module: Node, measure: str) -> str | None:
    """A module's number with its error; None where it is not public."""
    value = module[measure].value
    if value is None:
        return None
    if measure == "share":
        error = wording.percent_upwards(module["share_error"].value)
        return f"{wording.percent(value)} ± {error} of sites"
    return f"{wording.number(value)} ± {wording.upwards(module['error'].value)} sites"


def _document(text: str | None) -> bytes:
    """What shields.io calls an endpoint."""
    document: dict[str, Any] = {
        "schemaVersion": 1,
        "label": _LABEL,
        "message": NOT_PUBLIC if text is None else text,
        "color": _QUIET if text is None else _TOLD,
        "cacheSeconds": _DAY,
    }
    return f"{json.dumps(document, ensure_ascii=False)}\n".encode()


def _image(template: Template, text: str | None) -> bytes:
    shown = NOT_PUBLIC if text is None else text
    image = template.render(
        label=_LABEL,
        said=shown,
        left=_width(_LABEL),
        right=_width(shown),
        pad=_PAD,
        color=_QUIET if text is None else _TOLD,
    )
    return image.encode()


def _width(text: str) -> int:
    return round(sum(_WIDTHS.get(letter, _WIDTH) for letter in text)) + 2 * _PAD
