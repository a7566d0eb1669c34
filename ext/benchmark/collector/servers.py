"""Servers in separate processes, and the load on them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ext.benchmark.measure import BenchError

ROOT = Path(__file__).resolve().parents[3]
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """The result of sending reports.

    Attributes:
        rate: reports per second.
        seconds: of each report.
        server: CPU seconds that the server took.
        client: CPU seconds that the clients took.
    """

    rate: float
    seconds: Sequence[float]
    server: float = 0
    client: float = 0


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: int
    url: str

    def load(self, first: int, count: int, clients: int, size: int) -> Load:
        """Send it the reports of ``count`` sites."""
        before = self._cpu()
        numbers = map(str, (first, count, clients, size))
        said = module("ext.benchmark.collector.client", self.url, *numbers)
        found = json.loads(said)
        return Load(found["rate"], found["seconds"], self._cpu() - before, found["cpu"])

    def _cpu(self) -> float:
        """The CPU seconds of the process and of those that it started."""
        lists = Path(f"/proc/{self.process}/task").glob("*/children")
        processes = [self.process, *(each for one in lists for each in one.read_text().split())]
        stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2] for each in processes]
        # utime and stime, see proc(5)
        return sum(int(field) for stat in stats for field in stat.split()[11:13]) / _TICKS


def module(name: str, *arguments: str) -> str:
    """Run a module, and return its output."""
    command = [sys.executable, "-m", name, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def collector(
    directory: Path, slugs: Sequence[str], vocabulary: bytes | None = None, workers: int = 1
) -> Iterator[Server]:
    """Run the collector, with a data directory in ``directory``, perhaps with a vocabulary."""
    listed = directory / "forge.json"
    listed.write_text(json.dumps({"modules": slugs}))
    options = ["--data", str(directory / "data"), "--forge-list", str(listed)]
    options += ["--workers", str(workers)]
    if vocabulary is not None:
        (directory / "vocabulary.txt").write_bytes(vocabulary)
        options += ["--vocabulary", str(directory / "vocabulary.txt")]
    with served(
        "dropsonde.cli.collector", "serve", *options, "--port=0", "--rate=0", "--new-sites=0"
    ) as server:
        yield server


@contextlib.contextmanager
def served(name: str, *arguments: str) -> Iterator[Server]:
    """Run a module that serves, and prints its URL at the end of its first line."""
    command = [sys.executable, "-m", name, *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline() if process.stderr else ""
            if "ready on" not in line:
                raise BenchError(f"{' '.join(command)}: {line}")
            yield Server(process.pid, line.split()[-1])
        finally:
            process.terminate()
