"""Run ``puppetserver dropsonde``: dropsonde with the directories of this server's Puppet.

``puppetserver`` exports CONFIG, the directory of the server's configuration, and INSTALL_DIR.
The process becomes dropsonde, which gets its arguments, standard streams, terminal and signals, and
sets its exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from dropsonde.common.errors import DropsondeError, FileError, InterruptedRunError
from dropsonde_puppetserver.server import read_server


def become_dropsonde(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Replace this process with dropsonde; returns only on failure, with the exit code."""
    command = [sys.executable, "-I", "-m", "dropsonde", *words]
    try:
        os.execve(sys.executable, command, dict(environ))  # noqa: S606  # no shell is wanted
    except OSError as error:
        refused = FileError(f"{sys.executable}: {error.strerror}", "install dropsonde again")
        say(str(refused))
        return refused.exit_code


def say(line: str) -> None:
    """Print one line to standard error, unless that is closed."""
    if sys.stderr is not None:
        print(f"dropsonde: {line}", file=sys.stderr)


def main() -> int:
    """Run dropsonde with the arguments of this process; returns only on failure."""
    try:
        server = read_server(os.environ)
        server.require_directories()
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    except DropsondeError as error:
        say(str(error))
        return error.exit_code
    # No opt-in is needed here: the user typed the command.
    if server.conf is not None and server.conf.unread and not server.conf.directories:
        say(f"{server.conf.unread}; Puppet's directories are taken to be the package's")
    return become_dropsonde(sys.argv[1:], server.environ)


if __name__ == "__main__":
    sys.exit(main())
