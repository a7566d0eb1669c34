"""Whose Puppet Server this host has, and its version: from its files, without running it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.errors import IntegrationError
from dropsonde.schema.vocabulary import puppet_versions
from dropsonde_puppetserver.owner import ENTERPRISE, OPENVOX, PUPPET, names_openvox, package_of
from dropsonde_puppetserver.packaging import DEBIAN, find

# What Maven's tools put into the jar of Puppet's server and of OpenVox's.
_ABOUT = re.compile(
    r"META-INF/maven/(?:puppetlabs|org\.openvoxproject)/puppetserver/pom\.properties"
)
_VERSION = re.compile(rb"^version=([0-9A-Za-z.+-]{1,40})\r?$", re.MULTILINE)
_MOST_BYTES = 4096


class Identity(NamedTuple):
    """A Puppet Server.

    Attributes:
        implementation: "puppet", "openvox" or "pe"; None where its files do not tell.
        version: of the server, major and minor; None where its files do not tell.
    """

    implementation: str | None
    version: str | None


def identity(root: Path = Path("/")) -> Identity | None:
    """Identify the installed Puppet Server; None without one.

    Args:
        root: the system's root.
    """
    try:
        packaging = find(root)
        if packaging is None:
            return None
        owner = package_of(packaging.jars[0], root)
        by_debian = packaging.name == DEBIAN
        return Identity(_implementation(owner, packaging.jars, by_debian), _version(packaging.jars))
    except (IntegrationError, OSError, zipfile.BadZipFile):
        return Identity(None, None)


def _implementation(owner: str, jars: Iterable[Path], by_debian: bool) -> str | None:
    if owner == OPENVOX or names_openvox(jars):
        return puppet_versions.OPENVOX
    if owner == ENTERPRISE:
        return puppet_versions.ENTERPRISE
    return puppet_versions.PUPPET if owner == PUPPET or by_debian else None


def _version(jars: Iterable[Path]) -> str | None:
    """The version in the first jar that tells it."""
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            for name in filter(_ABOUT.fullmatch, archive.namelist()):
                with archive.open(name) as file:
                    found = _VERSION.search(file.read(_MOST_BYTES))
                if found:
                    return puppet_versions.minor_version(found[1].decode())
    return None
