"""The Markdown table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ext.benchmark.measure import Measured

HEAD = ("row", "s", "CPU s", "peak MB", "bare s", "ratio", "aim", "met", "notes")
MEGA = 1_000_000
MEMORY_GROWTH = 1.1


def table(measured: Sequence[Measured]) -> str:
    """Format all rows, and one for each step from one size to the next."""
    lines = [HEAD, tuple("---" for _ in HEAD), *map(_row, measured)]
    sized = [one for one in measured if one.case.nodes]
    lines += [_growth(small, large) for small, large in pairwise(sized)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _row(one: Measured) -> tuple[str, ...]:
    case, notes = one.case, [one.case.note] if one.case.note else []
    if case.rows:
        notes.append(f"{case.rows / one.wall:,.0f} rows/s")
    aim, met = case.aim, case.met
    if case.most is not None and one.ratio is not None:
        aim, met = f"≤ {case.most}", one.ratio <= case.most
    if case.cpu_most is not None:
        aim, met = f"≤ {case.cpu_most} s of CPU", one.cpu <= case.cpu_most
    return (
        case.name,
        f"{one.wall:.3f}",
        f"{one.cpu:.3f}",
        f"{one.memory / MEGA:.1f}",
        "" if one.bare_wall is None else f"{one.bare_wall:.3f}",
        "" if one.ratio is None else f"{one.ratio:.2f}",
        aim,
        _said(met),
        "; ".join(notes),
    )


def _growth(small: Measured, large: Measured) -> tuple[str, ...]:
    time, memory = large.wall / small.wall, large.memory / small.memory
    bare = (large.bare_wall or 0) / (small.bare_wall or 1)
    return (
        f"preview, {large.case.nodes:,} / {small.case.nodes:,} nodes",
        f"x {time:.2f}",
        f"x {large.cpu / small.cpu:.2f}",
        f"x {memory:.2f}",
        f"x {bare:.2f}",
        "",
        "time as the bare's, same memory",
        _said(time <= bare and memory <= MEMORY_GROWTH),
        "",
    )


def _said(met: bool | None) -> str:
    return {None: "", True: "yes", False: "**no**"}[met]
