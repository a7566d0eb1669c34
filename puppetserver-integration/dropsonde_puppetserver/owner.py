"""Tell whose package a Puppet Server's jar belongs to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from dropsonde.common.files import is_there, read_bounded
from dropsonde_puppetserver.analytics import names_in

OPENVOX, PUPPET, ENTERPRISE = "openvox-server", "puppetserver", "pe-puppetserver"

_OPENVOXS_WORD = "openvox"  # of its libraries, in the names of its jar
_PATIENCE = 10  # seconds for rpm


def names_openvox(jars: Iterable[Path]) -> bool:
    """Whether one of these jars has OpenVox's libraries.

    Raises:
        IntegrationError: a jar cannot be read.
    """
    return any(_OPENVOXS_WORD in name for jar in jars for name in names_in(jar))


def package_of(jar: Path, root: Path) -> str:
    """The name of the package that installed a jar; empty when it is not known."""
    path = f"/{jar.relative_to(root)}"
    for name in (OPENVOX, PUPPET, ENTERPRISE):
        listed = read_bounded(root / f"var/lib/dpkg/info/{name}.list") or b""
        if path.encode() in listed.splitlines():
            return name
    rpm = root / "usr/bin/rpm"
    if not is_there(rpm):
        return ""
    elsewhere = () if root == Path("/") else ("--root", root)  # it needs root
    command = (rpm, *elsewhere, "--query", "--queryformat", "%{NAME}\\n", "--file", path)
    try:
        told = subprocess.run(  # a program of the system
            command, capture_output=True, timeout=_PATIENCE, check=False, env={"LC_ALL": "C"}
        )
    except subprocess.TimeoutExpired:
        return ""
    names = told.stdout.decode(errors="replace").splitlines()
    return names[0] if told.returncode == 0 and len(names) == 1 else ""
