"""List every path that ``dropsonde integrate`` ever writes to: pure data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.state import NAMES
from dropsonde_puppetserver.integration.part import Kind, Part
from dropsonde_puppetserver.packaging import layouts

if TYPE_CHECKING:
    from dropsonde_puppetserver.packaging import Packaging

UNITS = "etc/systemd/system"
CRON = "etc/cron.d"
OWN = "var/lib/dropsonde"  # root's own
TIMER, SERVICE = "dropsonde.timer", "dropsonde.service"
_WANTS = f"{UNITS}/timers.target.wants"


def places(root: Path) -> Iterator[tuple[str, Part]]:
    """Yield every part with its name; a directory comes before its contents."""
    for layout in layouts(root):
        yield from ((f"{layout.name} {name}", part) for name, part in _within(layout))
    units, wants = root / UNITS, root / _WANTS
    yield "service", Part(units / SERVICE, "the service")
    yield "timer", Part(units / TIMER, "its timer")
    yield "wants", Part(wants, kind=Kind.DIRECTORY, mode=0o755)
    enabled = "the timer is enabled"
    yield "enabled", Part(wants / TIMER, enabled, kind=Kind.LINK, schedules=True)
    instead = "cron's line, where systemd is not installed"
    yield "cron", Part(root / CRON / "dropsonde", instead, schedules=True)


def _within(layout: Packaging) -> Iterator[tuple[str, Part]]:
    """Yield the parts in Puppet Server's own directories."""
    home, beside = (layout.data_dir / name for name in NAMES)
    own = layout.root / OWN
    kept = own / "originals"
    # Upstream's packages include the gem, which the server's user must be able to read.
    brings_gem = layout.shares_state and layout.brings_gem
    gem, mode = layout.shares_state, 0o755 if layout.shares_state else 0o700
    use = "state, of the server's user"
    yield "state", Part(home, use, kind=Kind.DIRECTORY, mode=mode, is_state=True)
    yield "own", Part(own, kind=Kind.DIRECTORY)
    yield "originals", Part(kept, kind=Kind.DIRECTORY)
    yield (
        "subcommand",
        Part(
            layout.install_dir / "cli/apps/dropsonde",
            "`puppetserver dropsonde`",
            mode=0o755,
            original=kept / "cli-apps-dropsonde" if gem else None,
            restore=layout.present,
            gem=brings_gem,
        ),
    )
    if gem:
        yield "beside", Part(beside, kind=Kind.DIRECTORY, mode=0o700, is_state=True)
        yield "bin", Part(home / "bin", kind=Kind.DIRECTORY, mode=0o755)
        yield (
            "analytics",
            Part(
                home / "bin/dropsonde",
                "what the server's analytics service runs",
                mode=0o755,
                original=kept / "bin-dropsonde",
                restore=layout.present,
                gem=brings_gem,
                schedules=True,
            ),
        )
