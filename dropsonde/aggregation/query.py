"""Queries: one SQL file each, and the only file that a contributor adds.

A file opens with a comment. Its first line is the title, the rest the public description. Lines of
the form ``-- name: text`` describe the columns. Those of :data:`SETTINGS` say how much of a site is
counted, with which share of the privacy budget, and among which groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

FOLDER = "queries"
SUFFIX = ".sql"
# Setting to its default. ``contributions``: groups of a site that count in full; with the unit
# module, ``module_contributions``: groups of one module, and ``modules_beside``: modules of a
# site, beside what the site says of itself. ``share``: of the budget, relative to other tables.
# ``among``: "key table", of which table's public groups say which values of the key are counted.
SETTINGS: Mapping[str, str] = {
    "contributions": "100",
    "module_contributions": "1",
    "modules_beside": "10",
    "share": "1",
    "among": "",
}
MOST = 1000  # of each of the numbers
LINE_END = re.compile(r"\r\n?|\n")  # as editors count lines
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_ABOUT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):(?:\s+(.*)|$)")


@dataclass(frozen=True)
class Query:
    """A contributed query, not yet judged.

    Attributes:
        name: of the file without its suffix, and of the table.
        title: a few words.
        description: what is counted, for the public.
        columns: output to its description, a sentence.
        settings: as the author wrote them, or the defaults.
        sql: the whole text.
        lines: column to the line of its description, for messages.
    """

    name: str
    title: str
    description: str
    columns: Mapping[str, str]
    settings: Mapping[str, str]
    sql: str
    lines: Mapping[str, int] = field(default_factory=dict)


def read(name: str, sql: str) -> Query:
    """Parse a query's opening comment; missing parts stay empty, and the guard refuses them."""
    paragraphs: list[str] = [""]
    columns: dict[str, str] = {}
    lines: dict[str, int] = {}
    title, last = "", ""
    for number, line in enumerate(_comment(sql), 1):
        about = _ABOUT.fullmatch(line)
        if number == 1:
            title = line
        elif about:
            last = about[1]
            columns[last], lines[last] = about[2] or "", number
        elif not line:
            paragraphs, last = [*paragraphs, ""], ""
        elif last:
            columns[last] = f"{columns[last]} {line}"
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {line}".strip()
    settings = {name: columns.pop(name, default) for name, default in SETTINGS.items()}
    description = "\n\n".join(filter(None, paragraphs))
    return Query(name, title, description, columns, settings, sql, lines)


def is_name(name: str) -> bool:
    """Whether a name is valid for a query or an output."""
    return _NAME.fullmatch(name) is not None


def load() -> tuple[Query, ...]:
    """The project's own queries, in the order of their names."""
    folder = files("dropsonde.aggregation") / FOLDER
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(SUFFIX)),
        key=lambda file: file.name,
    )
    return tuple(
        read(file.name.removesuffix(SUFFIX), file.read_text(encoding="utf-8")) for file in found
    )


def _comment(sql: str) -> Iterable[str]:
    """The lines of the opening comment, without their dashes."""
    for line in LINE_END.split(sql):
        if not line.startswith("--"):
            return
        yield line[2:].strip()
