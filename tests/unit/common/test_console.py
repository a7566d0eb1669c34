"""What two threads say at once: each line stays whole."""

from __future__ import annotations

import re
import subprocess
import sys

THREADS, LINES = 8, 200
SAID = f"""
import sys, threading
from dropsonde.common import console

def say(of):
    for number in range({LINES}):
        console.say(f"{{of}} {{number}}")

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=say, args=(of,)) for of in range({THREADS})]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_lines_of_two_threads_do_not_mix() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAID], check=True, capture_output=True, text=True
    ).stderr.splitlines()
    assert len(said) == THREADS * LINES
    assert [line for line in said if not re.fullmatch(r"dropsonde: \d \d+", line)] == []
