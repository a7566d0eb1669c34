"""The check whether a submission is due, which a server makes every hour."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from ext.benchmark.measure import DROPSONDE, HERE, Case, run
from ext.benchmark.small import COMMAND_MOST
from tests.doubles.endpoint import LoopbackEndpoint

CPU_MOST = 0.2  # seconds
CA = "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\n"
SUBMIT = (DROPSONDE, "submit", "--scheduled", "--splay=0", "--no-update")


def cases(scratch: Path) -> Iterator[Case]:
    """Yield: not opted in; opted in but not due; that without the check of conf.d; its status."""
    home = scratch / "scheduled"
    environ = {"HOME": str(home), "CONFIG": str(home / "conf.d")}
    for name in ("conf", "code", "var", "log"):
        (home / name).mkdir(parents=True)
        environ[f"PUPPET_{name.upper()}DIR"] = str(home / name)
    (home / "code/environments").mkdir()
    confd, cache = home / "conf.d", home / "var/dropsonde"
    confd.mkdir()
    (home / "ca.cfg").write_text(CA)
    environ["BOOTSTRAP_CONFIG"] = str(home / "ca.cfg")
    cache.mkdir(mode=0o700)
    listed = {"timestamp": datetime.now(timezone.utc).isoformat(), "modules": ["puppetlabs-ntp"]}
    (cache / "forge.json").write_text(json.dumps(listed))
    (home / "telemetry.yaml").write_text(":endpoint: http://127.0.0.1:9\n")
    _say(confd, "true")
    with LoopbackEndpoint() as endpoint:
        run((sys.executable, *SUBMIT, f"--endpoint={endpoint.url}"), environ, scratch)
    look = str(HERE / "look.py")
    bare = (sys.executable, "-c", "import argparse")
    for name, value, ours in (
        ("not opted in", "false", (look,)),
        ("not due", "true", (look,)),
        ("submit --scheduled, not due", "true", SUBMIT),
    ):
        yield Case(
            f"hourly look: {name}",
            ours,
            bare,
            environ,
            cpu_most=CPU_MOST,
            prepare=lambda value=value: _say(confd, value),  # type: ignore[misc]  # bound now
        )
    yield Case("start-up: status", (DROPSONDE, "status"), bare, environ, most=COMMAND_MOST)


def _say(confd: Path, value: str) -> None:
    """Write what the packages write, with the opt-in."""
    (confd / "puppetserver.conf").write_text(
        "jruby-puppet: { server-conf-dir: /etc/puppet, server-code-dir: /etc/puppet/code }\n"
        f"dropsonde: {{ enabled: {value} }}\n"
    )
