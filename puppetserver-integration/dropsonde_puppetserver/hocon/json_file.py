"""Strict JSON, which Lightbend's parser wants of a ``.json`` file.

It allows more white space than JSON does, and zeros before a number; we do not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde_puppetserver.hocon.parser import STANZA, Parsed
from dropsonde_puppetserver.hocon.tokens import UnsureError, number
from dropsonde_puppetserver.hocon.values import Scalar

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Node

_CONTROL = re.compile("[\x7f-\x9f]")


def parse_json(text: str, file: Path) -> Parsed:
    """Parse a JSON file.

    Raises:
        UnsureError: Lightbend would refuse it, or it is not JSON to us.
    """
    if _CONTROL.search(text):
        raise UnsureError("a control character")
    try:
        whole = json.loads(
            text.removeprefix("\ufeff"),
            parse_int=_number,
            parse_float=_number,
            parse_constant=_number,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        raise UnsureError("text that is not JSON", error.lineno) from error
    if not isinstance(whole, dict):
        raise UnsureError("no object around it all")
    fields = {key: _node(value, file) for key, value in whole.items()}
    stanza = [f"{STANZA}: {json.dumps(whole[STANZA])}"] if STANZA in whole else []
    return Parsed(fields, stanza)


def _number(written: str) -> float:
    value = number(written)
    if value is None:
        raise UnsureError("a number that Java does not know")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise UnsureError("a key that stands twice")
    return dict(pairs)


def _node(value: Any, file: Path) -> Node:
    if isinstance(value, dict):
        return {key: _node(item, file) for key, item in value.items()}
    if isinstance(value, list):
        return [_node(item, file) for item in value]
    return Scalar(value, value if isinstance(value, str) else json.dumps(value), file=file)
