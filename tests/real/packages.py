"""The Debian packages of the real Puppet: ``python -m tests.real.packages`` installs them.

Debian 12 has Puppet 7, Debian 13 has Puppet 8, under the same names.

The rig has its own servers and directories: it does not need the services of these packages, and
the machine's policy decides whether Debian starts them (containers: no).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

SERVERS = (
    "postgresql",
    "puppet-agent",
    "puppet-terminus-puppetdb",
    "puppetdb",
    "puppetserver",
)
# Modules of the Forge, packaged under their authors' names.
MODULES = tuple(
    f"puppet-module-{module}"
    for module in (
        "aboe-chrony",
        "arioch-redis",
        "camptocamp-augeas",
        "camptocamp-kmod",
        "camptocamp-openssl",
        "camptocamp-postfix",
        "camptocamp-systemd",
        "deric-zookeeper",
        "nanliu-staging",
        "pcfens-filebeat",
        "puppet-archive",
        "puppetlabs-apache",
        "puppetlabs-apt",
        "puppetlabs-augeas-core",
        "puppetlabs-concat",
        "puppetlabs-cron-core",
        "puppetlabs-firewall",
        "puppetlabs-haproxy",
        "puppetlabs-inifile",
        "puppetlabs-mongodb",
        "puppetlabs-mysql",
        "puppetlabs-ntp",
        "puppetlabs-postgresql",
        "puppetlabs-rabbitmq",
        "puppetlabs-rsync",
        "puppetlabs-stdlib",
        "puppetlabs-tftp",
        "puppetlabs-translate",
        "puppetlabs-vcsrepo",
        "puppetlabs-xinetd",
        "rodjek-logrotate",
        "saz-memcached",
        "saz-rsyslog",
        "saz-ssh",
        "voxpupuli-corosync",
    )
)
# What shows pages, reads metrics, and builds and runs images: it is the same on each release.
ONCE = ("buildah", "chromium", "podman", "prometheus", "runc")
# Tools that build the packages, that check them, the man pages and the Puppet module, a proxy for
# the collector, a fake clock, a way to fetch the SQLite that reads a spool, Java for Spark, and
# strace for the paths that root opens.
TOOLS = (
    "build-essential",
    "cron",
    "curl",
    "debhelper",
    "default-jre-headless",
    "dpkg-dev",
    "faketime",
    "groff",
    "iproute2",
    "jq",
    "lintian",
    "locales",
    "man-db",
    "mandoc",
    "metadata-json-lint",
    "mmdebstrap",
    "nginx-light",
    "puppet-lint",
    "puppet-strings",
    "python3-venv",
    "rpm",
    "rpmlint",
    "ruby",
    "ruby-puppetlabs-spec-helper",
    "ruby-rspec-puppet",
    "strace",
    "systemd",
)
EACH_DEBIAN = SERVERS + MODULES + TOOLS
PACKAGES = EACH_DEBIAN + ONCE


def missing(packages: Sequence[str] = PACKAGES) -> tuple[str, ...]:
    """Name the packages that are not installed, in their order."""
    listing = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,  # it exits 1 for an unknown package
    ).stdout
    installed = {line.removesuffix(" installed") for line in listing.splitlines()}
    return tuple(package for package in packages if package not in installed)


def installable(packages: Sequence[str]) -> tuple[str, ...]:
    """Choose those that apt can install, each by itself; show the others on stderr."""
    chosen = []
    for package in packages:
        attempt = ["apt-get", "install", "--simulate", "--quiet=2", "--no-install-recommends"]
        if subprocess.run([*attempt, package], capture_output=True, check=False).returncode == 0:
            chosen.append(package)
        else:
            sys.stderr.write(f"cannot be installed here: {package}\n")
    return tuple(chosen)


def install(packages: Sequence[str] = PACKAGES) -> None:
    """Install what is missing (root only); show apt's output if it fails."""
    absent = missing(packages)
    if not absent:
        return
    for arguments in (
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", *absent],
    ):
        done = subprocess.run(
            arguments,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\n{' '.join(arguments)}: exit {done.returncode}")


if __name__ == "__main__":
    wanted = EACH_DEBIAN if "--each-debian" in sys.argv else PACKAGES
    install(installable(wanted) if "--as-far-as-possible" in sys.argv else wanted)
