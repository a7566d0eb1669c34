"""BigQuery's public discovery document: its requests, and the fields of requests and answers.

It comes with google-api-python-client, of which nothing else is used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_TYPES: dict[str, Any] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}
# Google's own client sends these, which the document lacks: one is only in prose, one is obsolete.
_ELSEWHERE = {("jobs.insert", "uploadType"), ("jobs.get", "projection")}


@dataclass(frozen=True)
class Call:
    """A request, as the document describes it.

    Attributes:
        name: such as ``tables.get``.
        method: its description in the document.
        names: the parts of the path, by parameter.
        query: the parameters after the path.
        upload: whether it contains data.
    """

    name: str
    method: dict[str, Any]
    names: dict[str, str]
    query: dict[str, str]
    upload: bool = False


@cache
def document() -> dict[str, Any]:
    place = files("googleapiclient") / "discovery_cache" / "documents" / "bigquery.v2.json"
    found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return found


@cache
def _routes() -> list[tuple[str, re.Pattern[str], str, dict[str, Any], bool]]:
    found = []
    for resource, each in document()["resources"].items():
        for name, method in each["methods"].items():
            protocols = method.get("mediaUpload", {}).get("protocols", {}).values()
            paths = [(document()["servicePath"] + method.get("flatPath", method["path"]), False)]
            for path, upload in (*paths, *((one["path"].lstrip("/"), True) for one in protocols)):
                pattern = re.sub(r"\{\+?(\w+?)(?:sId|Id)\}", r"(?P<\1>[^/:]+)", f"/{path}")
                whole = re.compile(pattern)
                found.append((method["httpMethod"], whole, f"{resource}.{name}", method, upload))
    return found


def call_of(verb: str, url: str) -> Call | None:
    """Identify a request; None if the API has no such request."""
    parts = urlsplit(url)
    path = parts.path.removeprefix("/resumable")
    for method, pattern, name, described, upload in _routes():
        match = pattern.fullmatch(path) if method == verb else None
        if match:
            names = {key: unquote(value) for key, value in match.groupdict().items()}
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            return Call(name, described, names, query, upload)
    return None


def request_faults(call: Call, body: Any) -> Iterator[str]:
    """Yield what the API would refuse in a request."""
    known = {*call.method.get("parameters", {}), *document()["parameters"]}
    for name in call.query:
        if name not in known and (call.name, name) not in _ELSEWHERE:
            yield f"{call.name}: parameter {name}"
    if "request" in call.method:
        yield from value_faults(call.method["request"]["$ref"], body, call.name)
    elif body is not None:
        yield f"{call.name}: it has no body"


def answer_faults(call: Call, body: Any) -> Iterator[str]:
    """Yield what the API's answers never contain."""
    if "response" in call.method:
        yield from value_faults(call.method["response"]["$ref"], body, call.name)


def value_faults(schema: str, value: Any, path: str) -> Iterator[str]:
    yield from _faults({"$ref": schema}, value, path)


def _faults(described: dict[str, Any], value: Any, path: str) -> Iterator[str]:
    if "$ref" in described:
        described = document()["schemas"][described["$ref"]]
    kind = described["type"]
    if kind == "any" or value is None:
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{path}: {kind} is wanted, not {type(value).__name__}"
    elif kind == "array":
        for item in value:
            yield from _faults(described["items"], item, f"{path}[]")
    elif kind == "object":
        yield from _object_faults(described, value, path)
    elif kind == "string" and described.get("format") in {"int64", "uint64"}:
        if re.fullmatch(r"-?[0-9]+", value) is None:
            yield f"{path}: a number in a string is wanted"
    elif "enum" in described and value not in described["enum"]:
        yield f"{path}: {value} is none of the values"


def _object_faults(described: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[str]:
    properties = described.get("properties", {})
    for name, each in value.items():
        inner = properties.get(name, described.get("additionalProperties"))
        if inner is None:
            yield f"{path}.{name}: no such field"
        else:
            yield from _faults(inner, each, f"{path}.{name}")
