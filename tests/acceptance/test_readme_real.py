"""The README's lines for administrators, typed as they stand on a machine with Puppet Server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.real.built import built_deb
from tests.real.server_machine import private_machine

pytestmark = pytest.mark.real

README = Path(__file__).resolve().parents[2] / "README.md"
CLONE = "/root/a clone"


def test_from_installation_to_the_opt_in_in_six_lines() -> None:
    text = README.read_text(encoding="utf-8")
    (block,) = re.findall(r"## On a Puppet Server\n\n``` sh\n(.*?)```", text, re.DOTALL)
    build, install, endpoint, preview, opt_in, status = block.splitlines()
    # How the package is built is shown by the tests of the package.
    assert build.split()[0] == "ext/debian/build"
    with private_machine() as machine:
        machine.do("mkdir", "-p", f"{CLONE}/dist")
        target = machine.root / CLONE.lstrip("/") / "dist" / built_deb().name
        target.write_bytes(built_deb().read_bytes())
        (machine.root / "etc/telemetry.yaml").write_text("---\n:update: false\n")
        # This machine's packages are as they are, wherever their lists have gone since.
        machine.do("sh", "-c", f"cd '{CLONE}' && {install.replace(' install', ' install -y -q')}")
        assert "nothing is sent until" in machine.do("sh", "-c", status)
        machine.do("sh", "-c", endpoint)
        shown = machine.run("sh", "-c", preview)
        assert shown.returncode == 0
        assert "To be sent:" in shown.stdout
        assert "Endpoint: https://telemetry.example.com (named by" in shown.stdout
        assert "Enabled: no, by " in machine.do("sh", "-c", status)
        machine.do("sh", "-c", opt_in)
        told = machine.do("sh", "-c", status)
    assert "Enabled: yes, by /etc/puppet/puppetserver/conf.d/dropsonde.conf: " in told
    assert "Next due: at once" in told
