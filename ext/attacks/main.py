"""The program: attacks on our own releases, how much these show, and the tables of both.

``--write`` puts the figures where the pages and ``ext/docs.py`` find them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dropsonde.aggregation.privacy.budget import YEAR
from dropsonde.aggregation.privacy.unit import PARTS, Part, Unit
from ext.attacks import floods, made_up, membership, shares, smoothing, utility, victims
from ext.attacks.floods import Row, Size, allowed, guards
from ext.attacks.scores import guesses

ROOT = Path(__file__).resolve().parent.parent.parent
PUBLIC = ROOT / "dropsonde/publish/attacks.json"
FIGURES = Path(__file__).parent / "figures.json"  # of the other tables
FULL = Size(modules=800, flooded=4800, honest=150, weeks=YEAR, games=2000, cells=4_000_000, nine=4)
QUICK = Size(modules=40, flooded=40, honest=10, weeks=2, games=100, cells=100_000, nine=1)
SITES = (500, 5_000, 50_000)

Table = list[tuple[str, ...]]


def attacks(size: Size, scratch: Path) -> Iterator[Row]:
    """Run all attacks."""
    year = utility.YEARS[Unit.MODULE]
    yield from _nine(size, scratch)
    for name, victim, unit, part in (
        ("one module of a site", victims.module(), Unit.MODULE, Part.MODULE),
        ("all that a site says of itself", victims.rest(), Unit.MODULE, Part.REST),
        ("a site of 40 modules", victims.site(40), Unit.MODULE, None),
        ("a site of 100 modules", victims.site(100), Unit.SITE, Part.SITE),
    ):
        for weeks in (1, YEAR):
            noise = membership.released(unit, utility.YEARS[unit], weeks)
            cells = membership.moved(_new(scratch), victim, unit, noise)
            rho = membership.loss(cells) if part is None else noise.rho[part]
            games = min(size.games, size.cells // (2 * len(cells)))
            result = str(membership.attacked(cells, games))
            what = f"is {name} there? {'a week' if weeks == 1 else f'{weeks} weeks at once'}"
            most = allowed(rho) + ("" if part else " (by its own loss)")
            yield Row(what, guards(unit, utility.YEARS[unit]), result, most)
    yield floods.fast(_new(scratch), year, size)
    yield from floods.slow(_new(scratch), year, size)


def _nine(size: Size, scratch: Path) -> Iterator[Row]:
    for unit, year in utility.YEARS.items():
        rho = membership.released(unit, year).rho[PARTS[unit][0]]
        found = [made_up.attacked(_new(scratch), year, unit, seed) for seed in range(size.nine)]
        pages, cells = (
            sum_of([getattr(each, who) for each in found]) for who in ("pages", "cells")
        )
        inside = [score for each in found for score in each.inside]
        outside = [score for each in found for score in each.outside]
        who = f"nine made-up sites, {made_up.WEEKS} weeks"
        yield Row(f"{who}: the pages", guards(unit, year), str(pages), "")
        area = guesses(inside, outside).area
        limit = allowed(made_up.WEEKS * rho).partition(";")[0]
        yield Row(f"{who}: all cells", guards(unit, year), f"AUC {area}; {cells}", limit)


def sum_of(claims: Sequence[made_up.Claims]) -> made_up.Claims:
    """All claims together."""
    return made_up.Claims(*map(sum, zip(*claims, strict=True)))


def shown(sizes: Sequence[int], scratch: Path) -> Iterator[tuple[str, ...]]:
    """How much releases show."""
    for sites in sizes:
        for each in utility.measured(_new(scratch), sites):
            parts = (each.error, each.bias, each.worst)
            told = ("" if part is None else f"{part:.1%}" for part in parts)
            numbers = (f"{each.sites:,}", each.unit, each.table)
            yield (*numbers, f"{each.first:,}", f"{each.smoothed:,}", *told)


def smoothed(sites: int) -> Iterator[tuple[str, ...]]:
    """How other ways of smoothing do."""
    for each in smoothing.compared(sites):
        parts = (f"{each.error:.1%}", f"{each.lag:+.1%}", f"{each.within:.1%}")
        yield (each.world, each.way, f"{each.shown:,}", *parts)


def _new(scratch: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=scratch))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a small run, whose figures are coarse"
    )
    parser.add_argument("--write", action="store_true", help="keep the figures")
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="attacks, shown, smoothed, shares (default: all)"
    )
    options = parser.parse_args(arguments)
    sites = SITES[:1] if options.quick else SITES
    scratch = Path(tempfile.mkdtemp(prefix="dropsonde-attack-"))
    parts: dict[str, Callable[[], Iterator[tuple[str, ...]]]] = {
        "attacks": lambda: attacks(QUICK if options.quick else FULL, scratch),
        "shown": lambda: shown(sites, scratch),
        "smoothed": lambda: smoothed(sites[-1] if options.quick else SITES[1]),
        "shares": lambda: shares.shares(sites[-1] if options.quick else SITES[1]),
    }
    if not set(options.parts) <= parts.keys():
        parser.error(f"a part is one of {', '.join(parts)}")
    try:
        for name in options.parts or parts:
            rows = []
            for row in parts[name]():
                rows.append(row)
                print(f"| {' | '.join(row)} |", flush=True)
            if options.write:
                _keep(name, rows)
    finally:
        shutil.rmtree(scratch)
    return 0


def _keep(name: str, rows: Sequence[tuple[str, ...]]) -> None:
    if name == "attacks":
        lines = ",\n".join(
            json.dumps(dict(zip(Row._fields, row, strict=True)), ensure_ascii=False) for row in rows
        )
        PUBLIC.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        return
    found = json.loads(FIGURES.read_bytes()) if FIGURES.exists() else {}
    found[name] = rows
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True)
    FIGURES.write_text(f"{text}\n", encoding="utf-8")
