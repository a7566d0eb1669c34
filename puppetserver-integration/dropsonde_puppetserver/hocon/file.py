"""One file of conf.d, as Puppet Server reads it.

``.conf`` and ``.json`` are Lightbend's, whose substitutions see the file, what it includes, and
then the environment. No file but a local one is ever opened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde_puppetserver.hocon.json_file import parse_json
from dropsonde_puppetserver.hocon.parser import STANZA, Parsed, parse
from dropsonde_puppetserver.hocon.reading import read_text
from dropsonde_puppetserver.hocon.tokens import UnsureError
from dropsonde_puppetserver.hocon.values import Resolver, Scalar, integer

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Tree

_INCLUDES = 20  # files that a file may bring along


@dataclass(frozen=True)
class Document:
    """A file.

    Attributes:
        tree: what it sets.
        stanza: what stands at its root about ``dropsonde``, as written, with the settings before
            it that it substitutes: a HOCON text of its own. None where a file is no HOCON.
    """

    tree: Tree
    stanza: str | None


def read_file(file: Path, environ: Mapping[str, str]) -> Document:
    """Read a ``.conf`` or ``.json`` file.

    Raises:
        UnsureError: Puppet Server would refuse it, or we cannot tell what it would read.
    """
    try:
        parsed = _Loader().load(file)
        resolver = Resolver(parsed.fields, environ)
        tree = _converted(resolver.tree())
        return Document(tree, "\n".join((*_definitions(parsed, resolver), *parsed.stanza)))
    except RecursionError as error:
        raise UnsureError("too many values within each other") from error


class _Loader:
    """Opens a file and what it includes, and counts."""

    def __init__(self) -> None:
        self._opened = 0

    def load(self, file: Path) -> Parsed:
        self._opened += 1
        if self._opened > _INCLUDES:
            raise UnsureError(f"more than {_INCLUDES} includes")
        text = read_text(file)
        if file.suffix == ".json":
            return parse_json(text, file)

        def include(kind: str, name: str, line: int) -> Parsed:
            try:
                return self._include(file, kind, name)
            except UnsureError as error:
                raise UnsureError(f"an include: {error.what}", line) from error

        return parse(text, file, include)

    def _include(self, includer: Path, kind: str, name: str) -> Parsed:
        """What an include brings: nothing, when there is no such file."""
        if re.match(r"\s*[A-Za-z][\w+.-]*:", name) or "\0" in name:
            raise UnsureError("a URL, which is not followed")
        if kind == "file" and not Path(name).is_absolute():
            raise UnsureError("a path that depends on the server's working directory")
        path = includer.parent / name
        suffixes = ("",) if name.endswith((".conf", ".json", ".properties")) else _ANY_SYNTAX
        found = [
            candidate
            for candidate in (path.with_name(path.name + suffix) for suffix in suffixes)
            if _stands(candidate)
        ]
        if len(found) > 1:
            raise UnsureError("several files of that name; write its extension")
        if not found:
            return Parsed()
        if found[0].suffix == ".properties":
            raise UnsureError("a .properties file, which is not read")
        return self.load(found[0])


_ANY_SYNTAX = (".conf", ".json", ".properties")


def _stands(path: Path) -> bool:
    """Whether there is something, be it a link to nowhere, under this name."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UnsureError("a place that cannot be read") from error
    return True


def _definitions(parsed: Parsed, resolver: Resolver) -> Iterator[str]:
    """Statements that set what the stanza substitutes from elsewhere."""
    for keys in dict.fromkeys(parsed.stanza_references):
        value = None if keys[0] == STANZA else resolver.look_up(keys)
        if isinstance(value, Scalar) and all(re.fullmatch(r"[\w-]+", key) for key in keys):
            yield f"{'.'.join(keys)} = {json.dumps(value.value, ensure_ascii=False)}"


def _converted(tree: Any) -> Any:
    """What Trapperkeeper makes of the values: strings lose quotes at their ends, or are integers.

    It does so once, and does not start where quotes remain.
    """
    if isinstance(tree, dict):
        return {key: _converted(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_converted(value) for value in tree]
    if not isinstance(tree.value, str):
        return tree
    text = tree.value
    if _quoted(text):
        if len(text) == 1 or _quoted(text[1:-1]):
            raise UnsureError("a string within two pairs of quotes", tree.line)
        text = text[1:-1]
    return replace(tree, value=integer(text))


def _quoted(text: str) -> bool:
    return text.startswith('"') and text.endswith('"')
