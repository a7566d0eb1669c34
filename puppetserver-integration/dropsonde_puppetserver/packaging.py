"""Detect this host's packaging of Puppet Server, and whether that server runs dropsonde itself.

Upstream's packages (Puppet's and OpenVox's) install to /opt/puppetlabs, Debian's to /usr/share. The
data about each comes from its packages: the default directories are in ``jruby_puppet_core.clj`` of
the server's jar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dropsonde.common.state import NAMES, state_directory
from dropsonde_puppetserver.analytics import runs_dropsonde, starts_analytics
from dropsonde_puppetserver.integration.files import Files
from dropsonde_puppetserver.variables import variables


@dataclass(frozen=True)
class Packaging:
    """The paths of one packaging of Puppet Server.

    Attributes:
        name: "upstream" (Puppet's own packages, and OpenVox's) or "debian".
        root: the system's root, the prefix of all paths.
        install_dir: the server's program: its jar, and its subcommands in ``cli/apps``.
        confd: the directory of its configuration.
        bootstrap: the files, or directories of ``*.cfg`` files, that list the services it starts.
        data_dir: its data; owned by the user it runs as.
        defaults: PUPPET_CONFDIR, PUPPET_CODEDIR, PUPPET_VARDIR and PUPPET_LOGDIR, which the server
            uses when its configuration does not set them.
        shares_state: whether ``data_dir/dropsonde`` also holds the gem, besides dropsonde's own
            state.
    """

    name: str
    root: Path
    install_dir: Path
    confd: Path
    bootstrap: tuple[Path, ...]
    data_dir: Path
    defaults: Mapping[str, str]
    shares_state: bool

    @property
    def present(self) -> bool:
        """Whether this packaging's server is installed."""
        return bool(self.jars)

    @property
    def state_dir(self) -> Path:
        """The default directory of dropsonde's state."""
        return state_directory(self.data_dir, Files(self.root).look)

    @cached_property
    def brings_gem(self) -> bool:
        """Whether a package has installed the gem in the directory of dropsonde's state."""
        gems, files = self.data_dir / NAMES[0] / "gems", Files(self.root)
        versions = (name for name in files.names(gems) if name.startswith("dropsonde-"))
        return any(files.look(gems / name / "lib/dropsonde.rb") for name in versions)

    @cached_property
    def analytics(self) -> bool:
        """Whether the server's analytics service runs dropsonde itself (Debian's never does).

        Raises:
            IntegrationError: the server's jar cannot be read.
        """
        return (
            self.name != DEBIAN
            and starts_analytics(self.bootstrap, self.root)
            and runs_dropsonde(self.jars)
        )

    @property
    def jars(self) -> list[Path]:
        """The server's own jars."""
        return sorted(self.install_dir.glob("puppet*server*.jar"))


UPSTREAM = "upstream"
DEBIAN = "debian"


def layouts(root: Path = Path("/")) -> tuple[Packaging, ...]:
    """List all packagings, installed or not; the first that is installed counts.

    Upstream's comes first: a host that moved to its packages keeps directories of Debian's.
    """
    upstream, debian = root / "opt/puppetlabs/server", root / "usr/share/puppetserver"
    conf = root / "etc/puppetlabs"
    return (
        Packaging(
            name=UPSTREAM,
            root=root,
            install_dir=upstream / "apps/puppetserver",
            confd=conf / "puppetserver/conf.d",
            bootstrap=(
                conf / "puppetserver/services.d",
                upstream / "apps/puppetserver/config/services.d",
            ),
            data_dir=upstream / "data/puppetserver",
            defaults={
                "PUPPET_CONFDIR": str(conf / "puppet"),
                "PUPPET_CODEDIR": str(conf / "code"),
                "PUPPET_VARDIR": str(upstream / "data/puppetserver"),
                "PUPPET_LOGDIR": str(root / "var/log/puppetlabs/puppetserver"),
            },
            shares_state=True,
        ),
        Packaging(
            name=DEBIAN,
            root=root,
            install_dir=debian,
            confd=root / "etc/puppet/puppetserver/conf.d",
            bootstrap=(root / "etc/puppet/puppetserver/services.d",),
            data_dir=root / "var/lib/puppetserver",
            defaults={
                "PUPPET_CONFDIR": str(root / "etc/puppet"),
                "PUPPET_CODEDIR": str(root / "etc/puppet/code"),
                "PUPPET_VARDIR": str(root / "var/lib/puppetserver"),
                "PUPPET_LOGDIR": str(root / "var/log/puppetserver"),
            },
            shares_state=False,
        ),
    )


def find(root: Path = Path("/")) -> Packaging | None:
    """Find the packaging of the installed Puppet Server; None without one.

    As for the server, CONFIG and BOOTSTRAP_CONFIG in /etc/default/puppetserver or
    /etc/sysconfig/puppetserver override its paths.
    """
    for layout in layouts(root):
        if layout.present:
            said = variables(root).assigned
            confd = paths_in(said.get("CONFIG", ""), root) or (layout.confd,)
            bootstrap = paths_in(said.get("BOOTSTRAP_CONFIG", ""), root) or layout.bootstrap
            return replace(layout, confd=confd[0], bootstrap=bootstrap)
    return None


def installed(environ: Mapping[str, str], root: Path = Path("/")) -> Packaging | None:
    """Find the packaging that INSTALL_DIR names, as ``puppetserver`` exports it, or any other."""
    named = environ.get("INSTALL_DIR")
    return next((one for one in layouts(root) if str(one.install_dir) == named), None) or find(root)


def paths_in(value: str, root: Path) -> tuple[Path, ...]:
    """Split the comma-separated paths in a variable."""
    paths = (path.strip().lstrip("/") for path in value.split(","))
    return tuple(root / path for path in paths if path)
