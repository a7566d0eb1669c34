"""A package in the shape of Puppet's and OpenVox's own Puppet Server, with the gem in it.

It contains the paths that Dropsonde reads, and no server.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from tests.real.processes import run
from tests.real.puppetserver import USER

NAME = "openvox-server"
INSTALL_DIR = "opt/puppetlabs/server/apps/puppetserver"
DATA_DIR = "opt/puppetlabs/server/data/puppetserver"
GEM = {
    f"{DATA_DIR}/dropsonde/bin/dropsonde": "#!/opt/puppetlabs/puppet/bin/ruby\n# the program\n",
    f"{DATA_DIR}/dropsonde/gems/dropsonde-0.1.0/lib/dropsonde.rb": "# the gem\n",
    f"{INSTALL_DIR}/cli/apps/dropsonde": "#!/bin/sh\n# the gem's subcommand\n",
}
_SERVERS = {f"{INSTALL_DIR}/cli/apps/ca": "#!/bin/sh\n# the server's own subcommand\n"}
_POSTINST = f"#!/bin/sh\nchown {USER}:{USER} /{DATA_DIR} /{DATA_DIR}/dropsonde 2>/dev/null || :\n"
_GEMS_FILES = f"""
%attr(-, {USER}, {USER}) %dir /{DATA_DIR}/dropsonde
/{DATA_DIR}/dropsonde/bin
/{DATA_DIR}/dropsonde/gems
"""
_SPEC = f"""
Name: {NAME}
Version: %{{number}}
Release: 1
Summary: A package in the shape of Puppet Server
License: Apache-2.0
BuildArch: noarch
%global __os_install_post %{{nil}}
%description
As said.
%install
cp -R %{{tree}}/opt %{{buildroot}}
%files
%dir /opt/puppetlabs
%dir /opt/puppetlabs/server
%dir /opt/puppetlabs/server/apps
%dir /opt/puppetlabs/server/data
%attr(-, {USER}, {USER}) %dir /{DATA_DIR}
/{INSTALL_DIR}
"""


def upstream_deb(directory: Path, *, gem: bool = True) -> Path:
    """Build the package for dpkg, in an empty directory; the one without the gem is newer."""
    tree = directory / "tree"
    _lay_out(tree, gem=gem)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        f"Package: {NAME}\nVersion: {_number(gem=gem)}\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@localhost>\n"
        "Description: a package in the shape of Puppet Server\n"
    )
    postinst = tree / "DEBIAN/postinst"
    postinst.write_text(_POSTINST)
    postinst.chmod(0o755)
    package = directory / f"{NAME}.deb"
    run(["dpkg-deb", "--root-owner-group", "--build", tree, package])
    return package


def upstream_rpm(directory: Path, *, gem: bool = True) -> Path:
    """Build the package for rpm, in an empty directory; the one without the gem is newer."""
    tree = directory / "tree"
    _lay_out(tree, gem=gem)
    spec = directory / "upstream.spec"
    spec.write_text(_SPEC + (_GEMS_FILES if gem else ""))
    macros = (f"_topdir {directory}", f"tree {tree}", f"number {_number(gem=gem)}")
    defines = (word for macro in macros for word in ("--define", macro))
    run(["rpmbuild", "-bb", *defines, spec])
    (package,) = directory.glob("RPMS/*/*.rpm")
    return package


def _number(*, gem: bool) -> int:
    return 8 if gem else 9


def _lay_out(tree: Path, *, gem: bool) -> None:
    (tree / DATA_DIR).mkdir(parents=True)
    for name, text in ({**GEM, **_SERVERS} if gem else _SERVERS).items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
        (tree / name).chmod(0o755)
    with zipfile.ZipFile(tree / INSTALL_DIR / "puppet-server-release.jar", "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "")
        if gem:
            jar.writestr("puppetlabs/services/analytics/dropsonde.clj", "")
