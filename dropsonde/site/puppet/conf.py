"""Parse Puppet's INI files, puppet.conf and environment.conf, with the syntax of Puppet 7 and 8.

The rules are those of Puppet's ``settings/ini_file.rb``, ``settings/config_file.rb`` and
``settings/value_translator.rb``. Two are unusual: a comment needs its own line, so ``a = b # c``
sets all of ``b # c``; and the first braces of a value hold a file's owner, group and mode, so
``${confdir}`` is refused while ``$confdir`` is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from dropsonde.common.errors import PuppetError

DEFAULT_SECTION = "main"

# White space is ASCII, as in Ruby; a name may be any word.
_SPACE = r"[ \t\r\n\f\v]"
_SECTION = re.compile(rf"{_SPACE}*\[(\w+)\]{_SPACE}*")
_SETTING = re.compile(rf"{_SPACE}*(\w+){_SPACE}*=(.*)")
_IGNORED = re.compile(rf"{_SPACE}*(#.*)?")
_EDGE_QUOTES = re.compile(r"""\A["']|["']\Z""")
_FILE_OPTION = re.compile(
    rf"{_SPACE}*(?:(?:owner|group){_SPACE}*={_SPACE}*\w+|mode{_SPACE}*="
    rf"{_SPACE}*[0-9]+){_SPACE}*",
    re.ASCII,
)
_BLANK = " \t\r\n\f\v"


@dataclass(frozen=True)
class Entry:
    """One value: text, not yet interpolated, or a boolean; and its location ("path:line")."""

    value: str | bool = field(repr=False)  # one of them is a password
    where: str = ""


Sections: TypeAlias = dict[str, dict[str, Entry]]


def parse_conf(data: bytes, path: Path, allowed: frozenset[str] | None = None) -> Sections:
    """Read the sections of a file; the first of several equal keys counts, as in Puppet.

    Args:
        data: the content.
        path: named in errors and in each entry's ``where``.
        allowed: the sections that the file may have; None allows all.

    Returns:
        Section → key → entry. Keys above the first section are in "main".

    Raises:
        PuppetError: for what Puppet refuses, with the file and line, but not its text.
    """
    sections: Sections = {DEFAULT_SECTION: {}}
    current = sections[DEFAULT_SECTION]
    for number, raw in enumerate(data.split(b"\n"), start=1):
        where = f"{path}:{number}"
        line = _decode(raw, where)
        if section := _SECTION.fullmatch(line):
            name = section[1]
            if allowed is not None and name not in allowed:
                raise PuppetError(
                    f"{where}: a section that Puppet does not allow",
                    f"use one of [{'], ['.join(sorted(allowed))}]",
                )
            current = sections.setdefault(name, {})
        elif setting := _SETTING.fullmatch(line):
            entry = Entry(_value(setting[2].strip(_BLANK), where), where)
            current.setdefault(setting[1], entry)
        elif not _IGNORED.fullmatch(line):
            raise PuppetError(
                f"{where}: neither a [section], nor `name = value`, nor a comment",
                "correct this line; Puppet refuses the file too",
            )
    return sections


def _decode(raw: bytes, where: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise PuppetError(f"{where}: not UTF-8", "save the file as UTF-8") from error


def _value(text: str, where: str) -> str | bool:
    """Convert the text after `=` to a value: unquoted, without a file's owner and mode."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    text = _EDGE_QUOTES.sub("", text).rstrip(_BLANK)
    start, end = _braces(text)
    if start < 0:
        return text
    words = [word.strip(_BLANK) for word in text[start + 1 : end].split(",")]
    blank = len(words) == 1 and not words[0]
    while words and not words[-1]:  # as Ruby's split leaves out empty words at the end
        words.pop()
    if blank or not all(_FILE_OPTION.fullmatch(word) for word in words):
        raise PuppetError(
            f"{where}: the braces do not hold a file's owner, group or mode",
            "write a variable as $name, without braces; Puppet refuses the file too",
        )
    return (text[:start] + text[end + 1 :]).rstrip(_BLANK)


def _braces(text: str) -> tuple[int, int]:
    """The positions of the first non-empty braces; -1 and -1 where there are none.

    A regular expression would search for an end once for each start.
    """
    start = text.find("{")
    end = text.find("}", start + 1)
    while start >= 0 and end == start + 1:
        start = text.find("{", end + 1)
        end = text.find("}", start + 1)
    return (start, end) if start >= 0 and end >= 0 else (-1, -1)
