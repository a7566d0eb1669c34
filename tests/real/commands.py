"""A client of PuppetDB's command interface over one persistent connection without TLS."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from tests.real.processes import RigError
from tests.support.patience import PATIENCE

_NAMESPACE = uuid.UUID("8d3c5f1e-6a55-4a6e-9d55-2f3a4f0f8a11")


def now() -> str:
    """The current time in the format of commands; PuppetDB expires nodes with old times."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def facts_body(
    certname: str,
    environment: str,
    sent_at: str,
    *,
    family: str | None,
    legacy: str | None,
    system: Mapping[str, Any] = {},
    agent: Mapping[str, Any] = {},
) -> bytes:
    """Make facts for ``replace_facts`` version 5; None leaves the fact out.

    Args:
        certname: of the node.
        environment: of the node.
        sent_at: as :func:`now` gives it.
        family: ``os.family``.
        legacy: ``osfamily``.
        system: more of the fact ``os``, such as ``name`` and ``release``.
        agent: further facts, such as those that an agent adds about itself.
    """
    system = {"architecture": "x86_64", **system}
    values: dict[str, Any] = {"os": system, "kernel": "Linux", "fqdn": certname, **agent}
    if family is not None:
        system["family"] = family
    if legacy is not None:
        values["osfamily"] = legacy
    return json.dumps(
        {
            "certname": certname,
            "environment": environment,
            "producer": "puppet.example.test",
            "producer_timestamp": sent_at,
            "values": values,
        }
    ).encode()


def catalog_body(certname: str, environment: str, sent_at: str, titles: Sequence[str]) -> bytes:
    """Make a catalog for ``replace_catalog`` version 9: classes, a stage and a file."""
    resources = [("Stage", "main"), *(("Class", title) for title in titles), ("File", "/etc/motd")]
    return json.dumps(
        {
            "certname": certname,
            "version": "1",
            "environment": environment,
            "transaction_uuid": str(uuid.uuid5(_NAMESPACE, certname)),
            "catalog_uuid": str(uuid.uuid5(_NAMESPACE, certname)),
            "code_id": None,
            "job_id": None,
            "producer": "puppet.example.test",
            "producer_timestamp": sent_at,
            "edges": [],
            "resources": [
                {
                    "type": kind,
                    "title": title,
                    "aliases": [],
                    "exported": False,
                    "file": None,
                    "line": None,
                    "tags": [],
                    "parameters": {},
                }
                for kind, title in resources
            ],
        }
    ).encode()


class CommandClient:
    """Sends commands and asks for counts."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, command: str, version: int, certname: str, body: bytes) -> None:
        """Queue a command; PuppetDB executes it later."""
        about = {"command": command, "version": version, "certname": certname}
        self._post(f"/pdb/cmd/v1?{urlencode(about)}", body)

    def deactivate(self, certname: str) -> None:
        """Queue the command that removes a node from the answers, from now on."""
        body = {"certname": certname, "producer_timestamp": now()}
        self.send("deactivate_node", 3, certname, json.dumps(body).encode())

    def count_nodes(self, condition: list[object]) -> int:
        """Count the nodes that match a condition in PuppetDB's AST."""
        query = ["from", "nodes", ["extract", [["function", "count"]], condition]]
        answer = json.loads(self._post("/pdb/query/v4", json.dumps({"query": query}).encode()))
        count: int = answer[0]["count"]
        return count

    def _post(self, target: str, body: bytes) -> bytes:
        self._connection.request("POST", target, body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RigError(f"PuppetDB: {answer.status} {content.decode(errors='replace')}")
        return content
