"""Work on hostile text in a separate process, which the kernel ends when it works for too long.

So a hanging test always fails, and a slow or busy machine makes no test fail: the limit is in
seconds of CPU time, and many times what the work takes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SECONDS = 120  # of CPU time; hanging code took minutes, hours or more
MEMORY = 2 << 30  # bytes
_ROOT = Path(__file__).resolve().parents[2]
_LIMITED = f"""\
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
data = sys.stdin.buffer.read()
"""


def bounded(code: str, data: bytes = b"") -> str:
    """Run some lines of Python on the text, their variable ``data``; return what they print.

    Raises:
        AssertionError: they took too much time or memory, or failed.
    """
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED + code],
        input=data,
        capture_output=True,
        cwd=_ROOT,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-2000:])
    return done.stdout.decode().strip()
