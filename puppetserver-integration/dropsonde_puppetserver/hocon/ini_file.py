"""The plain part of what ini4j reads in an ``.ini`` file; the rest is refused, by line.

Refused are continued lines, escapes, interpolation, sections and keys that stand twice or differ in
case alone, settings outside a section and all that ini4j takes for an error.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde_puppetserver.hocon.reading import read_text
from dropsonde_puppetserver.hocon.tokens import UnsureError
from dropsonde_puppetserver.hocon.values import Scalar, integer

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Tree

_SECTION = re.compile(r"\[([\w.-]+)\]")
_SETTING = re.compile(r"([\w.-]+)\s*[=:]\s*([^\s=:].*)")


def read_ini(file: Path) -> Tree:
    """Sections and their settings, all names in lower case, all values strings or integers.

    Raises:
        UnsureError: something else stands there.
    """
    tree: Tree = {}
    section: Tree | None = None
    for number, line in enumerate(re.split("\r\n|\r|\n", read_text(file)), 1):
        text = line.strip(" \t")
        if "\\" not in text and (not text or text[0] in "#;"):
            continue
        if not (text.isascii() and text.isprintable()) or "\\" in text or "${" in text:
            raise UnsureError("an escape, a variable or a special character", number)
        heading, setting = _SECTION.fullmatch(text), _SETTING.fullmatch(text)
        if heading:
            section = {}
            _add(tree, heading[1], section, number)
        elif setting and section is not None:
            value = Scalar(integer(setting[2]), setting[2], number, file)
            _add(section, setting[1], value, number)
        else:
            raise UnsureError("neither a [section] nor a setting within one", number)
    return tree


def _add(names: Tree, name: str, value: Tree | Scalar, line: int) -> None:
    if name.lower() in names:
        raise UnsureError("a section or a setting that stands twice", line)
    names[name.lower()] = value
