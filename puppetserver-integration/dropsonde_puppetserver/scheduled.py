"""Run a scheduled submission for the timer, cron and Puppet Server's analytics service.

Puppet Server's configuration must opt in, as the gate reads it; then the process becomes
``dropsonde submit --scheduled``, which decides whether a submission is due, and sends nothing
unless the second parser reads an opt-in, too: CONFIG tells it where.

Where it plainly does not opt in, this prints nothing, because it runs every hour. The analytics
service, however, runs it only where it considers itself enabled (in some versions even without a
stanza), and logs the output.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import (
    DropsondeError,
    InterruptedRunError,
    NotOptedInError,
)
from dropsonde_puppetserver.server import read_server
from dropsonde_puppetserver.subcommand import become_dropsonde, say
from dropsonde_puppetserver.switch import switched_off

if TYPE_CHECKING:
    from dropsonde_puppetserver.confd import ServerConf
    from dropsonde_puppetserver.switch import Off

FROM_SERVER = "--from-server"


def refusal(conf: ServerConf | None, *, from_server: bool) -> NotOptedInError | None:
    """The error that tells why nothing is sent; None where none should be shown."""
    if conf is not None and (from_server or conf.opt_in.problem):
        return NotOptedInError(f"nothing was sent: {conf.opt_in.where}: {conf.opt_in.why}")
    if from_server:
        return NotOptedInError("nothing was sent: there is no Puppet Server here")
    return None


def prevented(environ: Mapping[str, str]) -> Off | None:
    """What switches dropsonde off, in Puppet Server's environment; None where nothing does."""
    confdir = environ.get("PUPPET_CONFDIR")
    return switched_off(environ, Path(confdir) if confdir else None)


def submission(conf: ServerConf, *, from_server: bool) -> Sequence[str]:
    """Make the arguments of dropsonde."""
    words = ["submit", "--scheduled"]
    if conf.interval is not None:
        words += ["--interval", str(conf.interval)]
    if from_server:
        # The server checks once per interval, so it would miss every other slot. A sleep would
        # block one of its threads and its shutdown; servers do not all start at once.
        words += ["--no-slot", "--splay", "0"]
    return words


def main() -> int:
    """Run a scheduled submission; returns when nothing is sent, or on failure."""
    refused: DropsondeError | None
    from_server = FROM_SERVER in sys.argv[1:]
    try:
        server = read_server(os.environ, looking=True)
        server.require_directories()
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    except DropsondeError as error:
        say(str(error))
        return error.exit_code
    if server.conf is not None and server.conf.opt_in.unconfirmed:
        off = prevented(server.environ)
        if off is None:
            if server.conf.interval_fault:
                say(server.conf.interval_fault)
            words = submission(server.conf, from_server=from_server)
            return become_dropsonde(words, server.environ)
        # A plain no is no news, every hour.
        refused = off.error() if from_server or not off.certain else None
    else:
        refused = refusal(server.conf, from_server=from_server)
    if refused is None:
        return 0
    say(str(refused))
    return refused.exit_code


if __name__ == "__main__":
    sys.exit(main())
