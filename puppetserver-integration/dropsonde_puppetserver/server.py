"""Read this host's Puppet Server in one way for all callers, with the same environment.

The subcommand, the schedule (timer, cron, the server's own analytics service) and ``status`` start
with different variables. Puppet Server itself substitutes those of its file of variables in its
configuration, so these override them for all callers. Dropsonde itself also gets them, unless the
caller has set others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dropsonde.common.errors import PuppetError
from dropsonde.common.privileges import asked_as_owner
from dropsonde_puppetserver import confd
from dropsonde_puppetserver.confd import OptIn, ServerConf
from dropsonde_puppetserver.enterprise import refuse_enterprise
from dropsonde_puppetserver.packaging import installed
from dropsonde_puppetserver.variables import variables


@dataclass(frozen=True)
class Server:
    """This host's Puppet Server.

    Attributes:
        conf: its configuration; None where there is no Puppet Server.
        environ: the variables for dropsonde: those of this process, then the server's own; CONFIG,
            which names the configuration for a scheduled submission; and PUPPET_*DIR where neither
            sets them.
        unknown: the PUPPET_*DIR that the configuration sets in a form that is not understood, and
            why; they have the package's defaults.
    """

    conf: ServerConf | None
    environ: Mapping[str, str]
    unknown: Mapping[str, str] = field(default_factory=dict)

    def require_directories(self) -> None:
        """Raise an error where dropsonde could read another Puppet than that server's.

        Raises:
            PuppetError: a directory is unknown.
        """
        for variable, fault in self.unknown.items():
            raise PuppetError(fault, f"write it as plain text there, or set {variable}")


def read_server(
    environ: Mapping[str, str], root: Path = Path("/"), *, looking: bool = False
) -> Server:
    """Read the directories of this server's Puppet, and its opt-in.

    If the configuration's directory is another user's, root reads it as that user.

    Args:
        environ: the variables of this process; CONFIG and INSTALL_DIR, as ``puppetserver`` exports
            them, override the detected ones. The configuration's substitutions use the server's
            own variables first, then these.
        root: the system's root.
        looking: for a look every hour, which may not send (see :func:`confd.read`).

    Raises:
        FileError: root cannot become that user.
        EnterpriseError: this is Puppet Enterprise.
    """
    refuse_enterprise(root)
    packaging = installed(environ, root)
    directory = environ.get("CONFIG") or (packaging and packaging.confd)
    if not directory:
        return Server(None, environ)
    own = variables(root)
    first = Path(str(directory).partition(",")[0])
    conf = _conf(
        asked_as_owner(
            first,
            lambda: asdict(confd.read(Path(directory), own.over(environ), looking=looking)),
        )
    )
    defaults = packaging.defaults if packaging else {}
    environ = {**own.known, **environ}
    # An empty variable counts as unset.
    given = {name: text for name, text in environ.items() if text and name.startswith("PUPPET_")}
    found = {**defaults, **conf.directories, "CONFIG": str(directory)}
    unknown = {name: why for name, why in conf.directory_faults.items() if name not in given}
    return Server(conf, {**environ, **found, **given}, unknown)


def _conf(told: Mapping[str, Any]) -> ServerConf:
    """Rebuild the configuration from another process's result."""
    return ServerConf(**{**told, "opt_in": OptIn(**told["opt_in"])})
