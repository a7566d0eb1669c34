"""This host's Puppet Server, as everything that asks for it sees it: one reading, one environment.

The subcommand, the schedule (timer, cron, the server's own analytics service) and ``status`` are
started with different variables. What Puppet Server itself substitutes in its configuration are
those of its file of variables, so these count for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.privileges import become_owner
from dropsonde_puppetserver import confd
from dropsonde_puppetserver.packaging import find, layouts, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dropsonde_puppetserver.confd import ServerConf


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

    Root becomes the owner of that configuration's directory, where that is another user's.

    Args:
        environ: the variables of this process; CONFIG and INSTALL_DIR, as ``puppetserver`` exports
            them, win over what is found. The configuration's substitutions see the server's own
            variables first, then these.
        root: the system's root.

    Raises:
        FileError: root cannot become that owner.
    """
    named = environ.get("INSTALL_DIR")
    packaging = next((one for one in layouts(root) if str(one.install_dir) == named), None)
    packaging = packaging or find(root)
    directory = environ.get("CONFIG") or (packaging and packaging.confd)
    if not directory:
        return Server(None, environ)
    for part in str(directory).split(","):
        become_owner(Path(part))
    conf = confd.read(Path(directory), {**environ, **variables(root)})
    defaults = packaging.defaults if packaging else {}
    given = {name: value for name, value in environ.items() if value}  # "" is as good as unset
    found = {**defaults, **conf.directories, "CONFIG": str(directory)}
    return Server(conf, {**environ, **found, **_puppet_only(given)})


def _puppet_only(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("PUPPET_")}
