"""The table of costly bodies: CPU time of each, compared with ``json.loads`` of the same bytes.

Each body is measured three times, and the shortest time counts: the machine also does other work.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

from dropsonde.collector.intake import Intake, RefusedError
from dropsonde.schema import published
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from ext.benchmark.collector.costly import costly

MOST = 50.0  # ms of CPU for any body
_TURNS = 3
_HEAD = ("body", "bytes", "CPU ms", "json.loads ms", "came to", "aim", "met")


def bodies(shown: int) -> Iterator[str]:
    """Yield the lines of the table: the costliest bodies, and how many exceed the aim."""
    now = datetime.now(timezone.utc)
    words = {Domain.FORGE_SLUG: ("puppetlabs-ntp",), Domain.OS_FAMILY: OS_FAMILIES}
    intake = Intake(tuple(published.load().values()), words)
    measured = []
    for what, body in costly():
        ours = _cpu(lambda body=body: intake.take(body, now, ""))  # type: ignore[misc]  # bound now
        bare = _cpu(lambda body=body: json.loads(body))  # type: ignore[misc]  # as above
        measured.append((ours[0], bare[0], ours[1], what, len(body)))
    for cells in (_HEAD, ("---",) * len(_HEAD)):
        yield "| " + " | ".join(cells) + " |"
    for ms, bare_ms, came, what, size in sorted(measured, reverse=True)[:shown]:
        met = "yes" if ms <= MOST else "**no**"
        cells = (what, f"{size:,}", f"{ms:.1f}", f"{bare_ms:.1f}", came, f"≤ {MOST:g}", met)
        yield "| " + " | ".join(cells) + " |"
    over = sum(ms > MOST for ms, *_ in measured)
    yield f"\n{len(measured):,} bodies; {over} of them took more than {MOST:g} ms of CPU."


def _cpu(work: Callable[[], object]) -> tuple[float, str]:
    """Measure the milliseconds of CPU of some work; return them and the outcome."""
    least, came = float("inf"), "taken"
    for _ in range(_TURNS):
        begun = time.thread_time()
        try:
            work()
        except RefusedError:
            came = "refused"
        except (ValueError, RecursionError):  # json's own
            came = ""
        least = min(least, 1000 * (time.thread_time() - begun))
    return least, came
