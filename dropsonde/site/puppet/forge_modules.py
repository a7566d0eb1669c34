"""Find the modules that a Puppetfile fetches from the Forge: who runs r10k asks it for them anyway.

Only what is certain without running the program counts: calls of ``mod`` at the top, with literals.
A module in a condition or a loop, or with a name or version that is computed, does not. Nothing of
a Puppetfile counts that defines ``mod`` itself, or that names another Forge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dropsonde.site.puppet.puppetfile import is_readable
from dropsonde.site.puppet.ruby_walk import syntax_tree, walk_tree

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME = re.compile(r"([a-zA-Z0-9]+)[-/]([a-z][a-z0-9_]*)")
LATEST = None
_SYMBOLS = ("simple_symbol", "hash_key_symbol")


def forge_modules(source: bytes, is_forge: Callable[[str], bool]) -> Mapping[str, str | None]:
    """The modules that a Puppetfile fetches from the Forge.

    Args:
        source: the Puppetfile.
        is_forge: whether a URL is that of the Forge.

    Returns:
        Slug to version; None for the latest, whichever that is.
    """
    root = syntax_tree(source) if is_readable(source) else None
    seen = walk_tree(source, root) if root is not None else None
    if root is None or seen is None or seen.defined & {"mod", "forge"}:
        return {}
    modules: dict[str, str | None] = {}
    forges = 0
    reader = _Reader(source)
    for call in root.named_children:
        name, arguments = reader.call(call)
        if name == "forge":
            url = reader.literal(arguments[0]) if len(arguments) == 1 else None
            if url is None or not is_forge(url):
                return {}
            forges += 1
        elif name == "mod" and (found := reader.module(arguments)) is not None:
            slug, version = found
            modules[slug] = version
    return modules if seen.called["forge"] == forges else {}


class _Reader:
    """Reads calls with literal arguments of one Puppetfile."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    def call(self, node: Node) -> tuple[str, list[Node]]:
        """The method that a node calls without a receiver, and its arguments; else no name."""
        method = node.child_by_field_name("method") if node.type == "call" else None
        arguments = node.child_by_field_name("arguments")
        if method is None or arguments is None or node.child_by_field_name("receiver") is not None:
            return "", []
        block = node.child_by_field_name("block")
        return (self._text(method), arguments.named_children) if block is None else ("", [])

    def module(self, arguments: list[Node]) -> tuple[str, str | None] | None:
        """The slug and version of one ``mod``, if r10k fetches it from the Forge."""
        name = _NAME.fullmatch(self.literal(arguments[0]) or "") if arguments else None
        if name is None:
            return None
        slug = "-".join(name.groups())
        options = arguments[1:]
        if not options:
            return slug, LATEST
        if all(option.type == "pair" for option in options):
            return self._with_options(slug, options)
        if len(options) != 1:
            return None
        return self._versioned(slug, options[0])

    def _versioned(self, slug: str, node: Node) -> tuple[str, str | None] | None:
        if node.type == "simple_symbol" and self._text(node) == ":latest":
            return slug, LATEST
        version = self.literal(node)
        if version == "latest":
            return slug, LATEST
        return (slug, version) if version else None

    def _with_options(self, slug: str, options: list[Node]) -> tuple[str, str | None] | None:
        """``type: 'forge'`` and ``version``; any other option may name another source."""
        values: dict[str, Node] = {}
        for option in options:
            key, value = (option.child_by_field_name(name) for name in ("key", "value"))
            if key is None or value is None or key.type not in _SYMBOLS:
                return None
            values[self._text(key).strip(":")] = value
        kind = values.pop("type", None)
        version = values.pop("version", None)
        if values or kind is None or self.literal(kind) != "forge":
            return None
        return (slug, LATEST) if version is None else self._versioned(slug, version)

    def literal(self, node: Node) -> str | None:
        """The text of a string without interpolation or escapes; None for anything else."""
        if node.type != "string" or any(
            part.type != "string_content" for part in node.named_children
        ):
            return None
        text = "".join(self._text(part) for part in node.named_children)
        return None if "\\" in text else text

    def _text(self, node: Node) -> str:
        # Not `node.text`: of a program that is parsed in pieces, it takes seconds.
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")
