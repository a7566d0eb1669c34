"""Work on hostile text in a process of its own, which the kernel ends when it works for too long.

So what hangs fails for sure, and a slow or busy machine makes nothing fail: seconds of the
processor are counted, and many times more of them are given than the work takes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SECONDS = 120  # of the processor; what hung took minutes, hours or more
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
    """What some lines of Python print; they find the text as ``data``.

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
