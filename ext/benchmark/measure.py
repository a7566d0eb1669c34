"""Time a program and the bare work to compare it with, in turn, as whole processes."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
DROPSONDE = str(Path(sys.executable).parent / "dropsonde")


class BenchError(Exception):
    """A measured program failed; the message ends with its output."""


@dataclass(frozen=True)
class Sample:
    """What one process took: wall-clock and CPU seconds, peak bytes of memory."""

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Case:
    """What to measure.

    Attributes:
        name: of the row.
        ours: a Python script and its arguments.
        bare: the program that does the bare work, and its arguments; None if there is none.
        environ: variables of both.
        most: the largest ratio of our time to the bare work's; None for no such aim.
        cpu_most: the most CPU seconds that ours may take; None for no such aim.
        aim: another aim, in words.
        met: whether that aim is met.
        note: text for the last column.
        nodes: size of the site; cases of different sizes are compared.
        rows: how many rows ours writes.
        prepare: called before each run of our program.
    """

    name: str
    ours: tuple[str, ...]
    bare: tuple[str, ...] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    most: float | None = None
    cpu_most: float | None = None
    aim: str = ""
    met: bool | None = None
    note: str = ""
    nodes: int | None = None
    rows: int | None = None
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Measured:
    """A case and its runs; ``bare`` is empty if there is no bare work."""

    case: Case
    ours: tuple[Sample, ...]
    bare: tuple[Sample, ...]

    @property
    def wall(self) -> float:
        """Seconds that ours took."""
        return statistics.median(sample.wall for sample in self.ours)

    @property
    def cpu(self) -> float:
        """Seconds of CPU that ours took."""
        return statistics.median(sample.cpu for sample in self.ours)

    @property
    def memory(self) -> float:
        """Peak bytes that ours had."""
        return statistics.median(sample.memory for sample in self.ours)

    @property
    def bare_wall(self) -> float | None:
        """Seconds that the bare work took."""
        return statistics.median(sample.wall for sample in self.bare) if self.bare else None

    @property
    def ratio(self) -> float | None:
        """Median of the pairs' ratios: a disturbance of the machine affects both of a pair."""
        if not self.bare:
            return None
        pairs = zip(self.ours, self.bare, strict=True)
        return statistics.median(ours.wall / bare.wall for ours, bare in pairs)


def measure(case: Case, runs: int, scratch: Path) -> Measured:
    """Run both in turn, once without counting and then ``runs`` times."""
    ours: list[Sample] = []
    bare: list[Sample] = []
    for _ in range(runs + 1):
        case.prepare()
        ours.append(_timed((sys.executable, *case.ours), case.environ, scratch))
        if case.bare:
            bare.append(_timed(case.bare, case.environ, scratch))
    return Measured(case, tuple(ours[1:]), tuple(bare[1:]))


def _timed(command: Sequence[str], environ: Mapping[str, str], scratch: Path) -> Sample:
    timed = (sys.executable, "-I", "-S", str(HERE / "timed.py"))
    return Sample(**json.loads(run((*timed, *command), environ, scratch)))


def run(command: Sequence[str], environ: Mapping[str, str], scratch: Path) -> str:
    """Run a program and return its output."""
    done = subprocess.run(
        command,
        env=_environment(environ, scratch),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,  # the status is checked below, to show the program's output
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def peak() -> int:
    """The peak memory of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _environment(environ: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Make the same environment everywhere; compiled modules stay out of the tree."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    cache = {"PYTHONPYCACHEPREFIX": str(scratch / "pycache")}
    return {**kept, "LANG": "C.UTF-8", **cache, **environ}
