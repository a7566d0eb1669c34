"""The benchmark's command line: one Markdown table, or a profile of one row.

``ext/bench collector`` measures the collector under load instead, ``ext/bench aggregate`` the
week's queries, ``ext/bench publish`` the public files.
"""

from __future__ import annotations

import argparse
import contextlib
import pstats
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ext.benchmark import environments, preview, scheduled, small
from ext.benchmark.aggregate import main as aggregate
from ext.benchmark.collector import main as collector
from ext.benchmark.measure import DROPSONDE, BenchError, Case, measure, run
from ext.benchmark.publish import main as publish
from ext.benchmark.table import table
from ext.benchmark.written import machine, writing

ROWS = ("startup", "preview", "environments", "manifests", "forge", "example", "scheduled")
COMMANDS = {"aggregate": aggregate.run, "collector": collector.run, "publish": publish.run}
PROFILED = 25  # functions


def main() -> int:
    """Run the measurement that the command line asks for."""
    options = _options()
    try:
        with writing(options.command or "probe") if options.write else contextlib.nullcontext():
            print(f"{machine()}\n", flush=True)
            COMMANDS.get(options.command, _table)(options)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _table(options: argparse.Namespace) -> None:
    """Measure whole processes, and print the table."""
    if not Path(DROPSONDE).exists():
        raise BenchError(f"{DROPSONDE} is missing: run ext/venv test")
    with tempfile.TemporaryDirectory(prefix="dropsonde-bench-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)
        if options.profile:
            for case in _cases(options.profile, scratch, options.nodes):
                _profile(case, scratch)
            return
        measured = []
        for row in options.only or ROWS:
            for case in _cases(row, scratch, options.nodes):
                print(case.name, file=sys.stderr)
                measured.append(measure(case, options.runs, scratch))
    print(table(measured))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ext/bench",
        description="Time the program and the bare work, as whole processes, and print a "
        "Markdown table of medians. Ratios are those of neighbouring runs.",
    )
    parser.add_argument("--only", action="append", choices=ROWS, help="measure these rows alone")
    parser.add_argument("--profile", choices=ROWS, help="show where these rows' time goes instead")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="how often (default: 5)")
    parser.add_argument(
        "--nodes",
        type=_numbers,
        default=(200, 2_000, 20_000),
        metavar="N,N…",
        help="sizes of PuppetDB for preview (default: 200,2000,20000)",
    )
    parser.add_argument(
        "--write", action="store_true", help="replace the table of docs/performance.md, too"
    )
    commands = parser.add_subparsers(dest="command", metavar="collector|aggregate|publish")
    about = "Load the collector, and print its rates and those of an empty route."
    under_load = commands.add_parser(
        "collector", help="the collector under load", description=about
    )
    collector.add_options(under_load)
    about = "Count the week's tables, and print the cost and that of a bare scan of the columns."
    counted = commands.add_parser("aggregate", help="the week's queries", description=about)
    aggregate.add_options(counted)
    about = "Publish made-up releases: all, then one more, then nothing new; and copy the bytes."
    shown = commands.add_parser("publish", help="the public files", description=about)
    publish.add_options(shown)
    return parser.parse_args()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _cases(row: str, scratch: Path, nodes: Sequence[int]) -> Iterator[Case]:
    if row == "preview":
        return preview.cases(scratch, nodes)
    if row == "environments":
        return environments.cases(scratch)
    if row == "manifests":
        return small.manifests(scratch)
    if row == "forge":
        return small.forge(scratch)
    if row == "scheduled":
        return scheduled.cases(scratch)
    return small.startup() if row == "startup" else small.example()


def _profile(case: Case, scratch: Path) -> None:
    """Show the functions that take longest, including the functions they call."""
    print(f"## {case.name}\n", flush=True)
    case.prepare()
    run((sys.executable, *case.ours), case.environ, scratch)  # compiles the modules
    case.prepare()
    figures = str(scratch / "profile")
    profiled = (sys.executable, "-m", "cProfile", "-o", figures, *case.ours)
    run(profiled, case.environ, scratch)
    pstats.Stats(figures).sort_stats("cumulative").print_stats(PROFILED)
