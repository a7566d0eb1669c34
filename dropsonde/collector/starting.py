"""Start a process of the collector's own, which has a socket as its standard input."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Collection

# The code gets this program's search path: a module's name would add the working directory to it.
_CODE = "import sys; sys.path[:] = sys.argv[1:]; from {} import main; main()"


def started(
    module: str, keep: Collection[int] = ()
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a module's ``main``; give the process, and the other end of its socket.

    The signals that are sent to a whole group are blocked in it from its start: the collector
    decides when it ends.

    Args:
        module: its name.
        keep: handles that the process gets, too.

    Raises:
        OSError: the system starts no process.
    """
    ours, theirs = socket.socketpair()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        with theirs:
            popen = subprocess.Popen(
                [sys.executable, "-I", "-c", _CODE.format(module), *sys.path],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a traceback may hold parts of a report
                pass_fds=keep,
            )
    except BaseException:
        ours.close()
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return popen, ours
