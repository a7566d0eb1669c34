"""What ``puppetserver dropsonde`` runs: dropsonde, told where this server's Puppet lives.

``puppetserver`` exports CONFIG, the directory of the server's configuration, and INSTALL_DIR.
The process becomes dropsonde: arguments, exit code, standard streams, terminal and signals are its.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.errors import FileError, InterruptedRunError
from dropsonde_puppetserver import confd
from dropsonde_puppetserver.packaging import find, layouts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """Read where this server's Puppet lives.

    Args:
        environ: the variables of this process; CONFIG and INSTALL_DIR, as ``puppetserver`` exports
            them, win over what is found.
        root: the system's root.
    """
    named = environ.get("INSTALL_DIR")
    packaging = next((one for one in layouts(root) if str(one.install_dir) == named), None)
    packaging = packaging or find(root)
    directory = environ.get("CONFIG") or (packaging and packaging.confd)
    if not directory:
        return Server(None, environ)
    conf = confd.read(Path(directory), environ)
    defaults = packaging.defaults if packaging else {}
    given = {name: value for name, value in environ.items() if value}  # "" is as good as unset
    found = {**defaults, **conf.directories, "CONFIG": str(directory)}
    return Server(conf, {**environ, **found, **_puppet_only(given)})


def _puppet_only(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("PUPPET_")}


def become_dropsonde(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Replace this process by dropsonde; returns only where that fails, with the exit code."""
    command = [sys.executable, "-I", "-m", "dropsonde", *words]
    try:
        os.execve(sys.executable, command, dict(environ))  # noqa: S606  # no shell is wanted
    except OSError as error:
        refused = FileError(f"{sys.executable}: {error.strerror}", "install dropsonde again")
        say(str(refused))
        return refused.exit_code


def say(line: str) -> None:
    """Tell one line; a closed standard error swallows it."""
    if sys.stderr is not None:
        print(f"dropsonde: {line}", file=sys.stderr)


def main() -> int:
    """Run the arguments of this process; returns only where that fails."""
    try:
        server = read_server(os.environ)
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    # Its opt-in is not asked here: who types a command wants it.
    if server.conf is not None and server.conf.opt_in.problem and not server.conf.directories:
        told = server.conf.opt_in
        say(f"{told.where}: {told.why}; Puppet's directories are taken to be the package's")
    for fault in server.conf.directory_faults if server.conf else ():
        say(fault)
    return become_dropsonde(sys.argv[1:], server.environ)


if __name__ == "__main__":
    sys.exit(main())
