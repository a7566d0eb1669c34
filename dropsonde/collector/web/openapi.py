"""The collector's API in OpenAPI 3.1; a report's schema is made from the newest columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dropsonde import __version__
from dropsonde.collector.intake.wire import report_schema
from dropsonde.collector.web.deletion import KEY_HEADER
from dropsonde.common import weeks
from dropsonde.protocol import about, served_vocabulary

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

_TEXT = {"type": "string"}
_MESSAGE = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "description": "One line."},
        "faults": {
            "type": "array",
            "items": _TEXT,
            "description": "Each with its path in the report, and never with a value.",
        },
    },
    "additionalProperties": False,
}
_RECEIPT = {
    "type": "object",
    "required": ["message_id", "week", "dataset", "sha256", "signature"],
    "properties": {
        "message_id": {"type": "string", "format": "uuid"},
        "week": {"type": "string", "pattern": f"^{weeks.PATTERN}$"},
        "dataset": {"type": "string", "description": "The dataset that holds the report."},
        "sha256": {
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
            "description": "Of the bytes received, decompressed.",
        },
        "signature": {
            "type": "string",
            "description": "Base64 of the Ed25519 signature over canonical JSON (sorted keys, no "
            "spaces, UTF-8) of all other fields.",
        },
    },
    "additionalProperties": False,
}
_TAKEN = {
    "type": "object",
    "required": ["newer", "link", "message", "receipt"],
    "properties": {
        "newer": {"type": "boolean", "description": "Whether there is a newer probe."},
        "link": {"type": "string", "description": "To the newer probe; else empty."},
        "message": _TEXT,
        "receipt": {"$ref": "#/components/schemas/Receipt"},
    },
    "additionalProperties": False,
}
_ABOUT = {
    "type": "object",
    "required": ["operator", "contact", "privacy_url", "retain_days"],
    "properties": {
        "operator": {
            "type": "string",
            "maxLength": about.LONGEST,
            "description": "The person or organisation that runs the collector; empty if it does "
            "not say.",
        },
        "contact": {
            "type": "string",
            "maxLength": about.LONGEST,
            "description": "How to reach the operator; may be empty.",
        },
        "privacy_url": {
            "type": "string",
            "maxLength": about.LONGEST_URL,
            "description": "The operator's privacy policy; may be empty.",
        },
        "retain_days": {
            "type": ["integer", "null"],
            "minimum": 1,
            "description": "Days after its end when a week's reports are dropped.",
        },
    },
    "additionalProperties": False,
}
_RETRY = {
    "Retry-After": {
        "description": "Seconds.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    }
}


def document(columns: Sequence[Column]) -> dict[str, Any]:
    """The whole document.

    Args:
        columns: the newest version's, the envelope's included.
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dropsonde collector",
            "version": __version__,
            "summary": "Takes reports of which public Puppet modules a site uses.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/": {"post": _post("postReportAtRoot")},
            "/v1/reports": {"post": _post("postReport")},
            "/v1/sites/{site_id}": {"delete": _delete()},
            "/v1/key": _get("getKey", "The public key of receipts.", "application/x-pem-file"),
            served_vocabulary.PATH: {"get": _vocabulary()},
            about.PATH: _get("getAbout", "Who runs the collector.", schema=_ref("About")),
            "/healthz": _get("getHealth", "Whether reports are taken.", store=True),
            "/openapi.json": _get("getDocument", "This document.", schema={"type": "object"}),
        },
        "components": {
            "schemas": {
                "Report": _for_everybody(report_schema(columns)),
                "Taken": _TAKEN,
                "Receipt": _RECEIPT,
                "Message": _MESSAGE,
                "About": _ABOUT,
            }
        },
    }


def _post(name: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": "Send a report. One row is kept per site and ISO week: the last one.",
        "description": "The body may be compressed (Content-Encoding: gzip). It has at most 1 MiB, "
        "decompressed; it is strict JSON, with whole numbers written without a fraction. Reports "
        "of older versions are also taken.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("Report")}},
        },
        "responses": {
            "200": _said("The report is on disk.", _ref("Taken")),
            "400": _said("It is not a report, or is damaged; lists the faults."),
            "408": _said("It did not arrive in time."),
            "411": _said("It has no Content-Length and is not chunked."),
            "413": _said("It is too large."),
            "415": _said("It is not JSON in UTF-8, or compressed in another way."),
            **_later(
                store=True,
                refused="Too many requests from one network, or more new sites than one may add "
                "in a week.",
            ),
        },
    }


def _delete() -> dict[str, Any]:
    return {
        "operationId": "deleteSite",
        "summary": "Delete all rows of a site, with a proof that the client has its seed.",
        "description": "The proof is the site's deletion key: SHA-512 of its 64 bytes is the "
        "site's id. A collector may accept the id alone if no key is given.",
        "parameters": [
            {
                "name": "site_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": "^[0-9a-f]{128}$"},
            },
            {
                "name": KEY_HEADER,
                "in": "header",
                "description": "The site's deletion key.",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{128}$"},
            },
        ],
        "responses": {
            "204": {"description": "The site has no rows any more, or had none."},
            "400": _said("It is not a site id."),
            "403": _said("The key is not this site's, whether the site is known or not."),
            **_later(store=True),
        },
    }


def _vocabulary() -> dict[str, Any]:
    headers = {
        served_vocabulary.HEADER: {
            "description": "JSON: dataset, kind, the SHA-256 of the file, and signature, as of a "
            "receipt, over the other fields.",
            "required": True,
            "schema": _TEXT,
        },
        "ETag": {"description": "Begins with that SHA-256.", "required": True, "schema": _TEXT},
    }
    said = {"description": "The file, the same for everybody.", "headers": headers}
    return {
        "operationId": "getVocabulary",
        "summary": "The releases that the Forge published, and the classes that they define.",
        "parameters": [
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "The ETag of the file that the client has.",
                "schema": _TEXT,
            }
        ],
        "responses": {
            "200": {**said, "content": {"text/plain": {"schema": _TEXT}}},
            "304": {"description": "The client has the file.", "headers": headers},
            "404": _said("This collector has none."),
            **_later(store=False),
        },
    }


def _get(
    name: str,
    summary: str,
    kind: str = "application/json",
    *,
    schema: dict[str, Any] | None = None,
    store: bool = False,
) -> dict[str, Any]:
    form = schema or (_ref("Message") if kind == "application/json" else _TEXT)
    found = {"description": summary, "content": {kind: {"schema": form}}}
    responses = {"200": found, **_later(store=store)}
    return {"get": {"operationId": name, "summary": summary, "responses": responses}}


def _later(*, store: bool, refused: str = "Too many requests from one network.") -> dict[str, Any]:
    """Answers that ask the client to retry later."""
    found = {"429": {**_said(refused), "headers": _RETRY}}
    if store:
        found["503"] = {**_said("The store cannot do it at the moment."), "headers": _RETRY}
    return found


def _said(description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"application/json": {"schema": schema or _ref("Message")}}
    return {"description": description, "content": content}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _for_everybody(schema: Any) -> Any:
    """Remove the end of text that only Python's regular expressions need from a schema."""
    if isinstance(schema, dict):
        return {name: _for_everybody(value) for name, value in schema.items()}
    if isinstance(schema, list):
        return [_for_everybody(value) for value in schema]
    return schema.replace(r"(?!\n)", "") if isinstance(schema, str) else schema
