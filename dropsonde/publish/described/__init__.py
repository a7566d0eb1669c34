"""``v1/openapi.json``: what is in each document of the static API, made from one description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dropsonde.publish import dataset_log, paths
from dropsonde.publish.api import BADGES, DOCUMENTS
from dropsonde.publish.described.common import PRECISION
from dropsonde.publish.described.documents import schemas
from dropsonde.publish.described.shapes import module, text

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

# What stands in capitals in a path, as a program fills it in.
_PARAMETERS = {
    "AUTHOR-NAME": ("module", module("A module that is or was public.")),
    "TABLE": ("table", text("A table of the newest week.", pattern=paths.TABLE)),
}
_ABOUT = (
    "Which public Puppet modules are used, by distinct sites that reported of their own accord, "
    "with noise. Every document is a file: there is nothing to log in to. This describes the "
    "documents beside it to the last name; those of later weeks may have more documents and more "
    "names, which a program has to ignore."
)


def openapi(release: Release) -> dict[str, Any]:
    """The description, in the form of OpenAPI 3.1.

    Args:
        release: the newest.
    """
    shapes = schemas(release)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dropsonde's public numbers",
            "version": dataset_log.version(),
            "description": _ABOUT,
            "license": {"name": paths.LICENCE, "identifier": paths.LICENCE},
        },
        "servers": [{"url": "..", "description": "Where this document lies."}],
        "paths": {_template(path): _get(path, about) for path, about in _documents().items()},
        "components": {
            "schemas": {
                "precision": PRECISION,
                **{_name(path): shape for path, shape in shapes.items()},
            }
        },
    }


def _get(path: str, about: str) -> Mapping[str, Any]:
    name = _name(path)
    parameters = [
        {"name": each, "in": "path", "required": True, "schema": shape}
        for word, (each, shape) in _PARAMETERS.items()
        if word in path
    ]
    answers: dict[str, Any] = {
        "200": {
            "description": about,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
    }
    if parameters:
        answers["404"] = {"description": "Not public, or there is no such thing."}
    return {
        "get": {
            "operationId": name,
            "summary": about,
            **({"parameters": parameters} if parameters else {}),
            "responses": answers,
        }
    }


def _documents() -> Mapping[str, str]:
    return {**DOCUMENTS, **BADGES}


def _template(path: str) -> str:
    for word, (name, _) in _PARAMETERS.items():
        path = path.replace(word, f"{{{name}}}")
    return f"/{path}"


def _name(path: str) -> str:
    """Of the operation and the schema: v1/tables/TABLE.json is called table."""
    for word, (name, _) in _PARAMETERS.items():
        path = path.replace(word, name)
    *above, name = re.sub(r"^v1/|\.json$", "", path).split("/")
    return "-".join([*(each for each in above if each != f"{name}s"), name])
