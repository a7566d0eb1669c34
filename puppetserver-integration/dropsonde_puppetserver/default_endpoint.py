"""Decide whether this host's Puppet Server has a default endpoint: Puppet's own.

Only where Puppet's own server would send reports there itself: its package is Puppet's, and its
analytics service is in its jar and among the services it starts. OpenVox's server had that service
before 8.9.0, but its community sends nothing to Puppet. Whatever cannot be told with certainty
leaves no default.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.errors import IntegrationError
from dropsonde_puppetserver.analytics import names_analytics, runs_dropsonde
from dropsonde_puppetserver.owner import OPENVOX, PUPPET, names_openvox, package_of
from dropsonde_puppetserver.packaging import DEBIAN, find

URL = "https://updates.puppet.com:443"
OPERATOR = "Puppet by Perforce"

_SENDS_NOTHING = "OpenVox Server sends nothing to Puppet"


class Default(NamedTuple):
    """The default endpoint of a host.

    Attributes:
        url: its URL; None without one.
        why: why there is one, or none; a clause for messages.
    """

    url: str | None
    why: str


def default_endpoint(root: Path = Path("/")) -> Default:
    """Decide by what is on disk.

    Args:
        root: the system's root.
    """
    try:
        fault = next(_faults(root), "")
    except (IntegrationError, OSError):
        fault = "this Puppet Server's files cannot be read"
    if fault:
        return Default(None, fault)
    return Default(URL, "this Puppet Server's own analytics service sends there")


def _faults(root: Path) -> Iterator[str]:
    """Yield why there is no default endpoint, the cheapest check first."""
    packaging = find(root)
    if packaging is None:
        yield "there is no Puppet Server here"
        return
    if packaging.name == DEBIAN:
        yield "Debian's Puppet Server sends nothing"
    owner = package_of(packaging.jars[0], root)
    if owner == OPENVOX:
        yield _SENDS_NOTHING
    if owner != PUPPET:
        yield "this Puppet Server's package is not known to be Puppet's"
    if not names_analytics(packaging.bootstrap, root):
        yield "this Puppet Server does not start its analytics service"
    if names_openvox(packaging.jars):
        yield _SENDS_NOTHING
    if not runs_dropsonde(packaging.jars):
        yield "this Puppet Server has no analytics service"
