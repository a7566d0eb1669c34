"""Debian's Puppet Server, started as by its unit file, in a private view of the machine."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tests.real.certificates import CLIENT
from tests.real.java import QUICK_START
from tests.real.processes import RigError, free_port, running
from tests.real.server_units import environment, read_unit
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.real.certificates import Authority
    from tests.real.server_machine import Machine

USER = "puppet"
CONF_D = "etc/puppet/puppetserver/conf.d"
SSL = "/var/lib/puppet/ssl"
LOG = "var/log/puppetserver/puppetserver.log"

_WEBSERVER = """\
webserver: {{
    access-log-config: /etc/puppet/puppetserver/request-logging.xml
    client-auth: want
    ssl-host: 127.0.0.1
    ssl-port: {port}
}}
"""
_QUIET = "product: { check-for-updates: false }\n"


@dataclass(frozen=True)
class RealPuppetServer:
    """A Puppet Server, with its CA, that answers on 127.0.0.1.

    Attributes:
        machine: the view in which it runs.
        port: of HTTPS.
        authority: its CA.
    """

    machine: Machine
    port: int
    authority: Authority

    @property
    def log(self) -> str:
        """Its own log."""
        return (self.machine.root / LOG).read_text()

    def catalog(self, environment: str) -> Any:
        """Request the catalog of ``CLIENT``, a Debian host, as its agent does.

        Raises:
            RigError: the server returned none.
        """
        system = {"family": "Debian", "name": "Debian", "release": {"full": "12", "major": "12"}}
        facts = {"name": CLIENT, "values": {"os": system, "kernel": "Linux"}}
        form = {
            "environment": environment,
            "facts_format": "application/json",
            "facts": quote(json.dumps(facts)),
        }
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        with contextlib.closing(connect(self)) as connection:
            target = f"/puppet/v3/catalog/{CLIENT}"
            connection.request("POST", target, urlencode(form), headers)
            answer = connection.getresponse()
            content = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RigError(f"Puppet Server: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content)


def take_over(machine: Machine, authority: Authority, puppet_conf: str = "") -> None:
    """Make the rig's authority the machine's Puppet CA, and ``localhost`` its host."""
    root, made = machine.root, authority.certificate.parents[2]
    for source, target in (("ca", "etc/puppet/puppetserver/ca"), ("ssl", SSL.lstrip("/"))):
        shutil.copytree(made / source, root / target, dirs_exist_ok=True)
        machine.do("chown", "-R", f"{USER}:{USER}", f"/{target}")
    conf = f"[main]\ncertname = localhost\nssldir = {SSL}\n{puppet_conf}"
    (root / "etc/puppet/puppet.conf").write_text(conf)


@contextlib.contextmanager
def real_puppetserver(
    machine: Machine, authority: Authority, output: Path, java: Sequence[str] = QUICK_START
) -> Iterator[RealPuppetServer]:
    """Run Puppet Server with the CA that :func:`take_over` installed (15 s to start, or more).

    Args:
        machine: contains its package's files.
        authority: its CA.
        output: the file for its output, outside the machine.
        java: further options of java.
    """
    server = RealPuppetServer(machine, free_port(), authority)
    (machine.root / CONF_D / "webserver.conf").write_text(_WEBSERVER.format(port=server.port))
    (machine.root / CONF_D / "product.conf").write_text(_QUIET)
    with running(
        _command(machine, java),
        user="root",  # to enter the machine; the unit's user runs java
        log=output,
        ready=lambda: _answers(server),
    ):
        yield server


def _command(machine: Machine, java: Sequence[str]) -> list[str | Path]:
    """The command line of the package's unit, in its environment, as its user."""
    unit = read_unit(machine, "puppetserver.service")
    environ = environment(machine, unit)
    runtime = environ["RUNTIME_DIRECTORY"]
    machine.do("install", f"--owner={USER}", f"--group={USER}", "--directory", runtime)
    # Puppet Server counts its starts in this file; ExecStartPre makes it.
    start = f"echo -n 0 > {runtime}/restart && chown {USER}: {runtime}/restart"
    machine.do("sh", "-c", start)
    program, *arguments = unit.command(environ)
    masked = ["sh", "-c", f'umask {unit.last("UMask")} && exec "$@"', "sh"]
    variables = (f"{key}={value}" for key, value in environ.items())
    return machine.command(
        *("env", "--ignore-environment", *variables, *masked, program, *java, *arguments),
        user=unit.last("User"),
    )


def _answers(server: RealPuppetServer) -> bool:
    """Whether all of its services run."""
    with contextlib.closing(connect(server)) as connection:
        try:
            connection.request("GET", "/status/v1/simple")
            return connection.getresponse().read() == b"running"
        except (OSError, http.client.HTTPException):
            return False


def connect(server: RealPuppetServer) -> http.client.HTTPSConnection:
    """Connect as ``CLIENT``, with its certificate."""
    context = ssl.create_default_context(cafile=str(server.authority.certificate))
    host = server.authority.client
    context.load_cert_chain(host.certificate, host.key)
    return http.client.HTTPSConnection("localhost", server.port, timeout=PATIENCE, context=context)
