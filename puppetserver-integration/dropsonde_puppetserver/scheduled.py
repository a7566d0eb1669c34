"""Run a scheduled submission for the timer, cron and Puppet Server's analytics service.

Puppet Server's configuration must opt in beyond doubt; then the process becomes ``dropsonde submit
--scheduled``, which decides whether a submission is due.

Where it plainly does not opt in, this prints nothing, because it runs every hour. The analytics
service, however, runs it only where it considers itself enabled (in some versions even without a
stanza), and logs the output.
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
    """The error that tells why nothing is sent; None where none should be shown."""
    if conf is not None and (from_server or conf.opt_in.problem):
        return NotOptedInError(f"nothing was sent: {conf.opt_in.where}: {conf.opt_in.why}")
    if from_server:
        return NotOptedInError("nothing was sent: there is no Puppet Server here")
    return None


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
    from_server = FROM_SERVER in sys.argv[1:]
    try:
        server = read_server(os.environ, for_sending=True)
        server.require_directories()
    except KeyboardInterrupt:
        return InterruptedRunError.exit_code
    except DropsondeError as error:
        say(str(error))
        return error.exit_code
    if server.conf is not None and server.conf.opt_in.enabled:
        if server.conf.interval_fault:
            say(server.conf.interval_fault)
        words = submission(server.conf, from_server=from_server)
        return become_dropsonde(words, server.environ)
    refused = refusal(server.conf, from_server=from_server)
    if refused is None:
        return 0
    say(str(refused))
    return refused.exit_code


if __name__ == "__main__":
    sys.exit(main())
