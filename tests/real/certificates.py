"""A Puppet certificate authority, made by Puppet Server's own tool in a test directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.real.processes import run

CLIENT = "host.example.test"

# The last two lines keep `puppetserver ca` from contacting a Puppet Server that may run elsewhere:
# it signs offline.
_CONF = """\
[main]
confdir = {0}
vardir = {0}/var
logdir = {0}/log
ssldir = {0}/ssl
cadir = {0}/ca
certname = localhost
keylength = 2048
ca_server = localhost
ca_port = 1
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, PEM, readable by root."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """An authority with a server's certificate (localhost, 127.0.0.1) and a host's."""

    certificate: Path
    server: Certificate
    client: Certificate


def make_authority(directory: Path) -> Authority:
    """Make an authority in a directory, named after it (about one second, root only)."""
    conf = directory / "puppet.conf"
    conf.write_text(_CONF.format(directory))
    tool = ["puppetserver", "ca"]
    names = ["--ca-name", directory.name, "--subject-alt-names", "DNS:localhost,IP:127.0.0.1"]
    run([*tool, "setup", "--config", conf, *names])
    run([*tool, "generate", "--config", conf, "--ca-client", "--force", "--certname", CLIENT])
    ssl = directory / "ssl"
    return Authority(
        certificate=ssl / "certs/ca.pem",
        server=_certificate(ssl, "localhost"),
        client=_certificate(ssl, CLIENT),
    )


def _certificate(ssl: Path, name: str) -> Certificate:
    return Certificate(ssl / f"certs/{name}.pem", ssl / f"private_keys/{name}.pem")
