"""The queries to PuppetDB, in the AST of its query language: JSON, so nothing needs quoting.

They are tested against PuppetDB 7.12.
"""

from __future__ import annotations

from typing import Any

FAMILY = "facts.os.family"
LEGACY_FAMILY = "facts.osfamily"
OS_NAME = "facts.os.name"
OS_RELEASE = "facts.os.release.major"
AGENT_VERSION = "facts.clientversion"
IMPLEMENTATION = "facts.implementation"

_COUNT = ["function", "count"]
_IS_CLASS = ["=", "type", "Class"]


def classes() -> list[Any]:
    """Classes by title and environment."""
    return _grouped("resources", ["title", "environment"], _IS_CLASS)


def families() -> list[Any]:
    """Nodes by both facts that may name their platform."""
    return _grouped("inventory", [FAMILY, LEGACY_FAMILY])


def classes_of_family(family: str) -> list[Any]:
    """The classes of the nodes whose ``os.family``, or else ``osfamily``, is ``family``.

    ``null?`` with true matches a null, but not a missing fact. So the legacy fact counts for nodes
    that are not among those with any ``os.family``.
    """
    modern = ["=", FAMILY, family]
    legacy = ["and", ["=", LEGACY_FAMILY, family], ["not", _nodes(["null?", FAMILY, False])]]
    of_family = _nodes(["or", modern, legacy])
    return _grouped("resources", ["title", "environment"], ["and", _IS_CLASS, of_family])


def systems() -> list[Any]:
    """Nodes by operating system and release.

    Facter has had these facts since version 2.2, so the legacy ones are not asked for.
    """
    return _grouped("inventory", [OS_NAME, OS_RELEASE])


def agents() -> list[Any]:
    """Nodes by the version of their agent, which it adds to its facts, and its implementation."""
    return _grouped("inventory", [AGENT_VERSION, IMPLEMENTATION])


def _nodes(condition: list[Any]) -> list[Any]:
    """The nodes whose facts meet a condition; ``fact_contents`` would take up to twice as long."""
    return ["in", "certname", ["from", "inventory", ["extract", "certname", condition]]]


def _grouped(entity: str, fields: list[str], condition: list[Any] | None = None) -> list[Any]:
    conditions = [] if condition is None else [condition]
    return ["from", entity, ["extract", [*fields, _COUNT], *conditions, ["group_by", *fields]]]
