"""Run one program and print its cost as JSON: ``timed.py PROGRAM ARGUMENT…``.

It is a separate, small process: Linux counts the memory of a program's parent as the program's
own, and the benchmark has PuppetDB's test data in memory.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(command: list[str]) -> int:
    nothing = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[nothing])
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - started
    cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": memory}))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
