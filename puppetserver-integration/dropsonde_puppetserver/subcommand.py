"""What ``puppetserver dropsonde`` runs: dropsonde, told where this server's Puppet lives.

``puppetserver`` exports CONFIG, the directory of the server's configuration, and INSTALL_DIR.
The process becomes dropsonde: arguments, exit code, standard streams, terminal and signals are its.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from dropsonde.common.errors import DropsondeError, FileError, InterruptedRunError
from dropsonde_puppetserver.server import read_server


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
    except DropsondeError as error:
        say(str(error))
        return error.exit_code
    # Its opt-in is not asked here: who types a command wants it.
    if server.conf is not None and server.conf.opt_in.problem and not server.conf.directories:
        told = server.conf.opt_in
        say(f"{told.where}: {told.why}; Puppet's directories are taken to be the package's")
    for fault in server.conf.directory_faults if server.conf else ():
        say(fault)
    return become_dropsonde(sys.argv[1:], server.environ)


if __name__ == "__main__":
    sys.exit(main())
