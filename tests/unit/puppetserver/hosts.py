"""Made-up hosts with a Puppet Server: the files that tell one packaging from another."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from pathlib import Path

UPSTREAM, DEBIAN = "opt/puppetlabs/server/apps/puppetserver", "usr/share/puppetserver"
UPSTREAM_DATA = "opt/puppetlabs/server/data/puppetserver"
ANALYTICS = "puppetlabs/services/analytics/dropsonde.clj"
SERVICE = "puppetlabs.services.analytics.analytics-service/analytics-service\n"
GEMS_WRAPPER, GEMS_PROGRAM = (
    "#!/usr/bin/env bash\n# the gem's wrapper\n",
    "#!/usr/bin/ruby\n# gem\n",
)
GEMS_LIBRARY = "dropsonde/gems/dropsonde-0.0.9/lib/dropsonde.rb"
KINDS = ("upstream", "upstream 7.4", "openvox", "debian", "debian without systemd")
LONG_AGO = 1_600_000_000


def make_host(root: Path, kind: str) -> Path:
    """Lay out a host, and give its root.

    Args:
        root: a directory to make.
        kind: one of :data:`KINDS`.
    """
    debian = kind.startswith("debian")
    install = root / (DEBIAN if debian else UPSTREAM)
    etc = root / ("etc/puppet" if debian else "etc/puppetlabs") / "puppetserver"
    for directory in (
        install / "cli/apps",
        etc / "conf.d",
        etc / "services.d",
        root / "etc/cron.d",
        root / "var/lib",
    ):
        directory.mkdir(parents=True)
    (root / ("var/lib/puppetserver" if debian else UPSTREAM_DATA)).mkdir(parents=True)
    (install / "cli/apps/ca").write_text("#!/bin/sh\n")
    (etc / "services.d/bootstrap.cfg").write_text(SERVICE)
    (root / "etc/hostname").write_text("puppet.example.test\n")
    if "without systemd" not in kind:
        put_systemd(root)
    # Debian's jar has the service, too; it only logs that it does nothing.
    names = ["META-INF/MANIFEST.MF"] + ([] if kind == "upstream 7.4" else [ANALYTICS])
    write_jar(install / ("puppetserver-7.jar" if debian else "puppet-server-release.jar"), *names)
    if debian:
        (install / "puppetserver.jar").symlink_to("puppetserver-7.jar")
    if kind in {"upstream", "openvox"}:
        put_gem(root)
    return root


def write_jar(jar: Path, *names: str) -> None:
    with zipfile.ZipFile(jar, "w") as archive:
        for name in names:
            archive.writestr(name, "")


def put_systemd(root: Path) -> None:
    (root / "usr/lib/systemd/system").mkdir(parents=True)
    (root / "usr/lib/systemd/systemd").write_text("")
    (root / "etc/systemd/system").mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")


def put_gem(root: Path, text: str = "") -> None:
    """The files that upstream's package has, or an upgrade of it puts back."""
    for path, content in (
        (root / UPSTREAM / "cli/apps/dropsonde", GEMS_WRAPPER + text),
        (root / UPSTREAM_DATA / "dropsonde/bin/dropsonde", GEMS_PROGRAM + text),
        (root / UPSTREAM_DATA / GEMS_LIBRARY, "# the gem\n"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
        os.utime(path, (LONG_AGO, LONG_AGO))


def move_to_openvox(root: Path) -> None:
    """What a package manager does on a host with Puppet's packages: OpenVox 8.9 has no gem.

    It removes every file that only the old package lists, whoever has written to it since.
    """
    shutil.rmtree(root / UPSTREAM_DATA / "dropsonde")  # no report was made here
    (root / UPSTREAM / "cli/apps/dropsonde").unlink()
    write_jar(root / UPSTREAM / "puppet-server-release.jar", "META-INF/MANIFEST.MF")


def tree(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a directory: kind, mode, owner, content, and the time of files."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        about = (stat.filemode(state.st_mode), state.st_uid, state.st_gid)
        if path.is_symlink():
            found[str(path.relative_to(root))] = (*about, str(path.readlink()))
        elif path.is_file():
            found[str(path.relative_to(root))] = (*about, path.read_bytes(), state.st_mtime_ns)
        else:
            found[str(path.relative_to(root))] = about
    return found
