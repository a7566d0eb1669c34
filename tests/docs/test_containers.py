"""The manifests and the compose file: their schemas, their commands, the rights they give."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dropsonde.cli.collector.parser import build_parser as collector_parser
from dropsonde.cli.probe.parser import build_parser

CONTAINER = Path(__file__).resolve().parents[2] / "ext/container"
MANIFESTS = sorted((CONTAINER / "kubernetes").glob("*.yaml"))
COMPOSE = CONTAINER / "compose.yaml"
OLDEST = "1.27"  # with the time zones of CronJobs
PARSERS = {"dropsonde": build_parser, "dropsonde-collector": collector_parser}
HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def check(program: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def documents() -> Iterator[dict[str, Any]]:
    for file in MANIFESTS:
        yield from yaml.safe_load_all(file.read_text(encoding="utf-8"))


def pods(found: object) -> Iterator[dict[str, Any]]:
    """Every pod's specification in a document."""
    for value in found.values() if isinstance(found, dict) else ():
        if isinstance(value, dict) and "containers" in value:
            yield value
        yield from pods(value)


PODS = [pod for document in documents() for pod in pods(document)]


def user_of(image: str) -> int:
    """The user in the Containerfile of an image."""
    text = (CONTAINER / f"Containerfile.{image}").read_text(encoding="utf-8")
    (number,) = re.findall(r"^ARG \w+_UID=(\d+)$", text, re.MULTILINE)
    return int(number)


@pytest.mark.parametrize("version", [(), ("--kubernetes-version", OLDEST)])
def test_kubernetes_knows_everything_in_the_manifests(version: tuple[str, ...]) -> None:
    check("kubernetes-validate", "--strict", *version, *MANIFESTS)


def test_the_compose_file_obeys_its_schema() -> None:
    check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


def test_no_pod_may_more_than_it_needs() -> None:
    assert len(PODS) == 5
    for pod in PODS:
        (container,) = pod["containers"]
        assert container["securityContext"] == HARDENED
        image = container["image"].partition("dropsonde-")[2].partition(":")[0]
        context, user = pod["securityContext"], user_of(image)
        assert (context["runAsUser"], context["fsGroup"]) == (user, user)
        assert context["runAsNonRoot"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        secrets = {volume["name"]: volume.get("secret") for volume in pod["volumes"]}
        for mount in container["volumeMounts"]:
            kept = mount["mountPath"].startswith("/var/lib/dropsonde")
            assert kept or mount["mountPath"] == "/tmp" or mount["readOnly"]  # noqa: S108
            if secret := secrets[mount["name"]]:
                assert secret["defaultMode"] == 0o440


def test_no_service_of_compose_may_more_than_it_needs() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    assert len(services) == 5
    for service in services.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges"]
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")


def test_every_command_exists() -> None:
    services = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"].values()
    given = [pod["containers"][0].get("command") for pod in PODS]
    commands = [*given, *(service.get("command") for service in services)]
    run = [command for command in commands if command is not None]
    assert len(run) == 8
    for program, *words in run:
        PARSERS[program]().parse_args(words)


def test_nothing_is_enabled_by_default() -> None:
    maps = [document["data"] for document in documents() if document["kind"] == "ConfigMap"]
    (stanza,) = [data["dropsonde.conf"] for data in maps]
    assert re.findall(r"enabled: *(\S+)", stanza) == ["false"]
