"""What the timer, cron and Puppet Server's analytics service run: a submission, if it is wanted.

Puppet Server's configuration must opt in beyond doubt; then the process becomes ``dropsonde submit
--scheduled``, which knows whether one is due.

Where it plainly does not opt in there is nothing to be said every hour. The analytics service,
though, runs this only where it believes to be enabled (some versions do without a stanza), and logs
what is said.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dropsonde.common.errors import DropsondeError, InterruptedRunError, NotOptedInError
from dropsonde_puppetserver.server import read_server
from dropsonde_puppetserver.subcommand import become_dropsonde, say

if TYPE_CHECKING:
    from dropsonde_puppetserver.confd import ServerConf

FROM_SERVER = "--from-server"


def refusal(conf: ServerConf | None, *, from_server: bool) -> NotOptedInError | None:
    """Why nothing is sent, where somebody should hear it."""
    if conf is not None and (from_server or conf.opt_in.problem):
        return NotOptedInError(f"nothing was sent: {conf.opt_in.where}: {conf.opt_in.why}")
    if from_server:
        return NotOptedInError("nothing was sent: there is no Puppet Server here")
    return None


def submission(conf: ServerConf, *, from_server: bool) -> Sequence[str]:
    """The arguments of dropsonde."""
    words = ["submit", "--scheduled"]
    if conf.interval is not None:
        words += ["--interval", str(conf.interval)]
    if from_server:
        # It looks once an interval, so a slot would be missed every other time. A sleep would hold
        # a thread of the server's, and its shutdown; servers do not start all at once.
        words += ["--no-slot", "--splay", "0"]
    return words


def main() -> int:
    """Run; returns where nothing is sent, or where it fails."""
    from_server = FROM_SERVER in sys.argv[1:]
    try:
        server = read_server(os.environ)
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    except DropsondeError as error:
        say(str(error))
        return error.exit_code
    if server.conf is not None and server.conf.opt_in.enabled:
        for fault in filter(None, (server.conf.interval_fault, *server.conf.directory_faults)):
            say(fault)
        words = submission(server.conf, from_server=from_server)
        return become_dropsonde(words, server.environ)
    refused = refusal(server.conf, from_server=from_server)
    if refused is None:
        return 0
    say(str(refused))
    return refused.exit_code


if __name__ == "__main__":
    sys.exit(main())
