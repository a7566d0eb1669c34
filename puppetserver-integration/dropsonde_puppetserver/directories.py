"""Read the directories of a Puppet Server's Puppet (``jruby-puppet.server-*-dir``) as it does.

The gate finds the settings and their substitutions; pyhocon combines them where there is more than
one plain path. Text that pyhocon could read differently from Lightbend's parser is a fault, and
never a directory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde_puppetserver.gate.outline import INCLUDE
from dropsonde_puppetserver.gate.second import NotUnderstoodError, second_reading
from dropsonde_puppetserver.gate.tokens import reference_of
from dropsonde_puppetserver.gate.verdict import below, shown

if TYPE_CHECKING:
    from dropsonde_puppetserver.gate.outline import Outline
    from dropsonde_puppetserver.gate.tokens import Token
    from dropsonde_puppetserver.gate.verdict import Files, Found

SECTION = "jruby-puppet"
NAMES = {
    "PUPPET_CONFDIR": "conf-dir",
    "PUPPET_CODEDIR": "code-dir",
    "PUPPET_VARDIR": "var-dir",
    "PUPPET_LOGDIR": "log-dir",
}
_MOST = 20  # settings of one key, and pieces of a text
_LONGEST = 4096  # characters of a text
_PLAIN = re.compile(r"(/[\w.-]{1,255}){1,16}", re.ASCII)  # what no parser reads in two ways


class _NotKnownError(Exception):
    """A directory is not known; the message continues a sentence that starts with its key."""


def directories(files: Files, environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Read the known directories, and the faults of others that are set.

    A ``server-*`` key with any value overrides the old ``master-*``.

    Args:
        files: the readable files of Puppet Server's configuration.
        environ: the environment, for substitutions.

    Returns:
        both by the names of ``PUPPET_*DIR``; a fault is one line.
    """
    known: dict[str, str] = {}
    faults: dict[str, str] = {}
    for variable, name in NAMES.items():
        for key in (f"server-{name}", f"master-{name}"):
            settings = below(files, SECTION, key)
            try:
                value = _value(settings, files, environ) if settings else None
            except _NotKnownError as error:
                where = f"{shown(settings[0].file)}: line {settings[0].setting.line}"
                faults[variable] = f"{where}: {SECTION}.{key} {error}"
                break
            if value is not None:
                known[variable] = value
                break
        else:
            for file, outline in files.items():
                if line := outline.constructs.get(INCLUDE):
                    what = f"an include, which is not followed, may set {SECTION}.server-{name}"
                    faults[variable] = f"{shown(file)}: line {line}: {what}"
    return known, faults


def _value(settings: list[Found], files: Files, environ: Mapping[str, str]) -> str | None:
    """Return the value of one key from its settings; None for no value, or null."""
    file, first = settings[0]
    key = ".".join(first.path)
    if any(each.file != file for each in settings):
        raise _NotKnownError("is also set in another file: set it once")
    if INCLUDE in files[file].constructs:
        raise _NotKnownError("is in a file with an include, which is not followed")
    if len(settings) > _MOST or any(
        each.setting.path[2:] or not each.setting.path[1:] for each in settings
    ):
        raise _NotKnownError("is no single value")
    if not settings[1:] and _PLAIN.fullmatch(first.text or ""):
        return first.text
    text = _Text(files[file], environ)
    values = [value for each in settings if (value := text.of(each))]
    if not values:
        return None
    lines = [*text.substituted.values(), *(f"{key} = {value}" for value in values)]
    try:
        read = second_reading("\n".join(lines), key)
    except NotUnderstoodError as error:
        raise _NotKnownError("is written in an unusual way") from error
    if read is not None and not (isinstance(read, str) and Path(read).is_absolute()):
        raise _NotKnownError("is no absolute path")
    return read


class _Text:
    """Rewrites values for pyhocon: all strings in quotes, and the values of substitutions.

    Attributes:
        substituted: a line for each substituted path.
    """

    def __init__(self, file: Outline, environ: Mapping[str, str]) -> None:
        self.substituted: dict[str, str] = {}
        self._file = file
        self._environ = environ

    def of(self, found: Found) -> str:
        """Return a value's text; empty where all of it is unset optional substitutions."""
        pieces, text = found.setting.pieces, found.setting.text
        if not pieces or len(pieces) > _MOST:
            raise _NotKnownError("is no single value")
        if text is not None:
            return text if pieces[0].written == "null" == text else _quoted(text)
        if any(each.blank for each in pieces[1:]):
            raise _NotKnownError("has blanks beside substitutions")
        return "".join(
            self._reference(each) if each.kind == "reference" else _quoted(each.text)
            for each in pieces
        )

    def _reference(self, token: Token) -> str:
        named = reference_of(token)
        if named is None:
            raise _NotKnownError("substitutes something with an unusual name")
        optional, keys = named
        text = self._substitute(keys)
        if text is not None:
            path = ".".join(keys)
            self.substituted[path] = f"{path} = {_quoted(text)}"
            return f"${{{path}}}"
        if not optional:
            raise _NotKnownError("substitutes something that is not set")
        return ""

    def _substitute(self, keys: tuple[str, ...]) -> str | None:
        """Look up a path: plain text in the same file, else a variable; None without either."""
        texts = self._file.texts(*keys)
        if texts is None:
            raise _NotKnownError("substitutes something that is no plain text")
        if texts:
            return texts[-1]
        text = None if keys[1:] else self._environ.get(keys[0])
        if text and not text.isascii():  # what Java reads then depends on the server's locale
            raise _NotKnownError("substitutes a variable with a special character")
        return text


def _quoted(text: str) -> str:
    if len(text) > _LONGEST or not text.isprintable() or {'"', "\\"} & set(text):
        raise _NotKnownError("holds a special character, or too many")
    return f'"{text}"'
