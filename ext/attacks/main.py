"""The program: all attacks, and their table for docs/method.md and for the public pages."""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dropsonde.aggregation.privacy.loss import Budget, affordable, epsilon, total
from ext.attacks import differences, membership
from ext.attacks.auc import most
from ext.attacks.views import GUARDS

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/method.md"
PUBLIC = ROOT / "dropsonde/publish/attacks.json"
HEAD = ("attack", "guards", "result", "allowed")
MARK = "<!-- attacks: made by ext/attack -->\n"
DELTA = 1e-6
EPSILONS = (0.5, 1.0, 2.0, 8.0)
YEAR = 52


def rows(weeks: int, sites: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield attack, guards, result, and the most that is allowed."""
    for modules, asked in ((None, "a whole report"), (1, "one module")):
        areas = membership.without_noise(random.Random(seed), weeks, sites, GUARDS, modules=modules)
        for name, area in areas.items():
            yield f"membership by {asked}", name, f"AUC {area}", "no limit"
    for eps in EPSILONS:
        area = membership.with_noise(random.Random(seed), weeks, sites, Budget(eps, DELTA))
        limit = f"AUC {most(eps, DELTA):.3f}"
        yield "membership by a whole report", f"noise, ε = {eps:g}", f"AUC {area}", limit
    yield _year(weeks, sites, seed)
    views = {**GUARDS, "noise, ε = 8": differences.noisy_view(Budget(8.0, DELTA))}
    few = max(weeks // 10, 1)
    for name, view in list(views.items())[1:]:  # without guards, no part is missing
        claims = differences.reconstruction(random.Random(seed), few, sites, view)
        yield f"the missing part of a whole ({few} weeks)", name, str(claims), ""
    for name, view in views.items():
        claims = differences.next_week(random.Random(seed), few, sites, view)
        yield f"the new site of the next week ({few} weeks)", name, str(claims), ""
    for name, compared in (("all three", False), ("all three, compared first", True)):
        claims = differences.corrections(random.Random(seed), few, sites, compared=compared)
        yield f"a late report in a correction ({few} weeks)", name, str(claims), ""


def _year(weeks: int, sites: int, seed: int) -> tuple[str, str, str, str]:
    """Attack the same site in all weeks of a year."""
    once = Budget(1.0, DELTA)
    cost = total([affordable(once)] * YEAR)
    few = max(weeks // 10, 2)
    found = membership.with_noise(random.Random(seed), few, sites, once, together=YEAR)
    delta = YEAR * DELTA
    whole = epsilon(cost, delta)
    return (
        f"membership in all of {YEAR} weeks ({few} years)",
        f"noise, ε = 1 a week, {whole:.1f} a year",
        f"AUC {found}",
        f"AUC {most(whole, delta):.3f}",
    )


def table(found: Sequence[tuple[str, ...]]) -> str:
    """The rows as a Markdown table."""
    lines = [HEAD, ("---",) * 4, *found]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--sites", type=int, default=300, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the weeks (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="put the table where readers find it")
    arguments = parser.parse_args()
    found = list(rows(arguments.weeks, arguments.sites, arguments.seed))
    made = table(found)
    print(made, end="")
    if arguments.write:
        text = PAGE.read_text(encoding="utf-8")
        text = re.sub(
            f"({re.escape(MARK)}).*?(<!-- end -->)",
            lambda match: f"{match[1]}{made}{match[2]}",
            text,
            flags=re.DOTALL,
        )
        PAGE.write_text(text, encoding="utf-8")
        document = [dict(zip(HEAD, row, strict=True)) for row in found]
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in document)
        PUBLIC.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return 0
