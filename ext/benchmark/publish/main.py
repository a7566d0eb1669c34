"""The table of publishing: the first time, one more week, and nothing new.

Next to each is a plain copy of the bytes that it wrote, in the same run. A separate process
measures each figure. ``MB of files`` are all of the newest version, each once whatever names it
has, ``written`` those that are no links to the version before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ext.benchmark.collector.servers import module
from ext.benchmark.measure import Sample

AIMED = (3_000, 52)
_MEGA = 1e6
# Step to the most seconds, and the most bytes of memory; of the bytes of all files.
AIMS = {"first time": (60.0, 1000 * _MEGA), "one more week": (8.0, 500 * _MEGA)}
MOST_FILES = 400 * _MEGA
HEAD = (
    "step", "files", "MB of files", "written", "s", "CPU s", "peak MB", "bare s", "aim", "met",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A run, and the plain copy to compare it with; files and bytes of the version it made."""

    name: str
    ours: Sample
    bare: Sample
    files: int
    bytes: int
    written: int


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--modules", type=int, default=AIMED[0], metavar="N", help="(default: 3000)"
    )
    parser.add_argument("--weeks", type=int, default=AIMED[1], metavar="N", help="(default: 52)")
    parser.add_argument("--scratch", metavar="DIR", help="on the disk to measure (default: /tmp)")
    parser.add_argument("--keep", metavar="DIR", help="use the releases there, or make them")


def run(options: argparse.Namespace) -> None:
    """Measure and print the table.

    Raises:
        BenchError: a process failed.
    """
    aimed = (options.modules, options.weeks) == AIMED
    with tempfile.TemporaryDirectory(prefix="dropsonde-bench-", dir=options.scratch) as name:
        scratch = Path(name)
        data = Path(options.keep or name) / f"{options.modules}x{options.weeks + 1}"
        if not data.exists():
            _make(data, options.modules, options.weeks + 1)
        print(f"{options.modules:,} modules, {options.weeks} weeks\n")
        _print(*HEAD)
        _print(*("---" for _ in HEAD))
        for step in _steps(scratch, data):
            _print(*_row(step, AIMS.get(step.name) if aimed else None))
        size = _size(path for path in data.iterdir())
        print(f"\nThe releases and their cells are {size / _MEGA:,.1f} MB.")


def _make(data: Path, modules: int, weeks: int) -> None:
    """Make the releases; a killed run leaves no incomplete directory."""
    part = data.with_name(f"{data.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    module("ext.benchmark.publish.made", str(part), str(modules), str(weeks))
    part.rename(data)


def _steps(scratch: Path, data: Path) -> Iterator[Step]:
    """Publish all weeks but the newest, then all, then all again."""
    releases, root = scratch / "releases", scratch / "root"
    newest = max(data.glob("*.json")).stem
    shutil.copytree(data, releases, ignore=shutil.ignore_patterns(f"{newest}.*"))
    yield _step("first time", scratch, root, releases)
    for path in data.glob(f"{newest}.*"):
        shutil.copyfile(path, releases / path.name)
    yield _step("one more week", scratch, root, releases)
    yield _step("nothing new", scratch, root, releases)


def _step(name: str, scratch: Path, root: Path, releases: Path) -> Step:
    before = root.resolve()
    ours = _sample("publish", root, releases)
    copied = scratch / "copied"
    copied.mkdir()
    is_new = root.resolve() != before
    bare = _sample("copy", root, copied) if is_new else Sample(0, 0, 0)
    written = list(copied.iterdir())
    files = [path for path in root.resolve().rglob("*") if path.is_file()]
    held = {path.stat().st_ino: path for path in files}.values()  # the newest week has two
    found = Step(name, ours, bare, len(files), _size(iter(held)), _size(iter(written)))
    shutil.rmtree(copied)
    return found


def _sample(what: str, root: Path, other: Path) -> Sample:
    return Sample(**json.loads(module("ext.benchmark.publish.one", what, str(root), str(other))))


def _size(paths: Iterator[Path]) -> int:
    return sum(path.stat().st_size for path in paths)


def _row(step: Step, aim: tuple[float, float] | None) -> Iterator[str]:
    ours = step.ours
    yield from (step.name, f"{step.files:,}", f"{step.bytes / _MEGA:,.1f}")
    yield from (f"{step.written / _MEGA:,.1f}", f"{ours.wall:.2f}", f"{ours.cpu:.2f}")
    yield from (f"{ours.memory / _MEGA:,.0f}", f"{step.bare.wall:.2f}")
    if aim is None:
        yield from ("", "")
        return
    seconds, memory = aim
    yield f"≤ {seconds:.0f} s, ≤ {memory / _MEGA:,.0f} MB; ≤ {MOST_FILES / _MEGA:,.0f} MB of files"
    met = ours.wall <= seconds and ours.memory <= memory and step.bytes <= MOST_FILES
    yield "yes" if met else "**no**"


def _print(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)
