"""Words to say the shape of a document with: JSON Schema (2020-12); nothing is left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dropsonde.schema.model import Domain

Shape = Mapping[str, Any]

_WEEK = r"^[0-9]{4}-W[0-9]{2}$"


def record(about: str = "", /, **properties: Shape) -> dict[str, Any]:
    """An object with these members, all of them, and no other."""
    return {
        **_about(about),
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def optional(shape: Shape, **properties: Shape) -> dict[str, Any]:
    """An object that may have more members: these."""
    return {**shape, "properties": {**shape["properties"], **properties}}


def lookup(about: str, of: Shape) -> dict[str, Any]:
    """An object whose names are data."""
    return {**_about(about), "type": "object", "additionalProperties": of}


def several(of: Shape, about: str = "", **more: Any) -> dict[str, Any]:
    """A list."""
    return {**_about(about), "type": "array", "items": of, **more}


def pair(one: Shape, other: Shape, about: str) -> dict[str, Any]:
    """A list of two."""
    return {**_about(about), "type": "array", "prefixItems": [one, other], "items": False,
            "minItems": 2}  # fmt: skip


def whole(about: str, **more: Any) -> dict[str, Any]:
    """A whole number."""
    return {**_about(about), "type": "integer", **more}


def real(about: str, **more: Any) -> dict[str, Any]:
    """A number."""
    return {**_about(about), "type": "number", **more}


def text(about: str, **more: Any) -> dict[str, Any]:
    """Words."""
    return {**_about(about), "type": "string", **more}


def week(about: str) -> dict[str, Any]:
    """A week, as 2026-W47."""
    return text(about, pattern=_WEEK)


def module(about: str) -> dict[str, Any]:
    """A module's name, as author-name."""
    return text(about, pattern=f"^(?:{Domain.FORGE_SLUG.pattern})$")


def maybe(shape: Shape) -> dict[str, Any]:
    """The same, or null: not public, or unknown."""
    if isinstance(shape.get("type"), str):
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, {"type": "null"}]}


def _about(about: str) -> dict[str, Any]:
    return {"description": about} if about else {}
