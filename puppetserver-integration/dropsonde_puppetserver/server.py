"""This host's Puppet Server, as everything that asks for it sees it: one reading, one environment.

The subcommand, the schedule (timer, cron, the server's own analytics service) and ``status`` are
started with different variables. What Puppet Server itself substitutes in its configuration are
those of its file of variables, so these count for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dropsonde.common.privileges import asked_as_owner
from dropsonde_puppetserver import confd
from dropsonde_puppetserver.confd import OptIn, ServerConf
from dropsonde_puppetserver.packaging import find, layouts, variables


@dataclass(frozen=True)
class Server:
    """What is known of this host's Puppet Server.

    Attributes:
        conf: its configuration; None where there is no Puppet Server.
        environ: the variables for dropsonde: those of this process, CONFIG, by which a scheduled
            submission knows whom to ask, and PUPPET_*DIR where the user has not set them.
    """

    conf: ServerConf | None
    environ: Mapping[str, str]


def read_server(environ: Mapping[str, str], root: Path = Path("/")) -> Server:
    """Read where this server's Puppet lives, and whether it opts in.

    Where the configuration's directory is another user's, root has it read by that user.

    Args:
        environ: the variables of this process; CONFIG and INSTALL_DIR, as ``puppetserver`` exports
            them, win over what is found. The configuration's substitutions see the server's own
            variables first, then these.
        root: the system's root.

    Raises:
        FileError: root cannot become that user.
    """
    named = environ.get("INSTALL_DIR")
    packaging = next((one for one in layouts(root) if str(one.install_dir) == named), None)
    packaging = packaging or find(root)
    directory = environ.get("CONFIG") or (packaging and packaging.confd)
    if not directory:
        return Server(None, environ)
    known = {**environ, **variables(root)}
    first = Path(str(directory).partition(",")[0])
    told = asked_as_owner(first, lambda: asdict(confd.read(Path(directory), known)))
    conf = _conf(told)
    defaults = packaging.defaults if packaging else {}
    given = {name: value for name, value in environ.items() if value}  # "" is as good as unset
    found = {**defaults, **conf.directories, "CONFIG": str(directory)}
    return Server(conf, {**environ, **found, **_puppet_only(given)})


def _puppet_only(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("PUPPET_")}


def _conf(told: Mapping[str, Any]) -> ServerConf:
    """What another process read, as this one would have it."""
    opt_in, faults = OptIn(**told["opt_in"]), tuple(told["directory_faults"])
    return ServerConf(**{**told, "opt_in": opt_in, "directory_faults": faults})
