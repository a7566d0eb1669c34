"""Stands in for ``python -m dropsonde``: tells what reached it, and behaves as it is asked to."""

import json
import os
import signal
import sys


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


what = sys.argv[1] if len(sys.argv) > 1 else ""
if what == "exit":
    sys.exit(int(sys.argv[2]))
elif what == "wait":
    try:
        say("ready")
        signal.pause()
    except KeyboardInterrupt:
        say("interrupted")
        sys.exit(130)
elif what == "flood":
    try:
        while True:
            say("x" * 4096)
    except BrokenPipeError:
        os._exit(141)
else:
    told = {
        "words": [os.fsencode(word).decode("latin-1") for word in sys.argv[1:]],
        "environ": dict(os.environ),
        "stdin": sys.stdin.read() if what == "stdin" else "",
        "tty": [os.isatty(number) for number in range(3)],
        "isolated": sys.flags.isolated,
        "pid": os.getpid(),
    }
    say(json.dumps(told))
