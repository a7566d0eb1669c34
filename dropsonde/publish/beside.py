"""Files beside the documents of the static API, made from these: its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dropsonde.publish import paths
from dropsonde.publish.described import openapi

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release


def beside(release: Release) -> Iterator[tuple[str, bytes]]:
    """Each file with its path below the public root.

    Args:
        release: the newest.
    """
    yield paths.OPENAPI, _json(openapi(release))


def _json(document: Any) -> bytes:
    return f"{json.dumps(document, ensure_ascii=False, indent=1)}\n".encode()
