"""Every place that ``dropsonde integrate`` ever writes to: pure data."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.state import NAMES
from dropsonde_puppetserver.packaging import layouts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dropsonde_puppetserver.packaging import Packaging

UNITS = "etc/systemd/system"
CRON = "etc/cron.d"
OWN = "var/lib/dropsonde"  # root's own
TIMER, SERVICE = "dropsonde.timer", "dropsonde.service"
_WANTS = f"{UNITS}/timers.target.wants"


class Kind(enum.Enum):
    """What a part is."""

    FILE = enum.auto()
    LINK = enum.auto()
    DIRECTORY = enum.auto()


@dataclass(frozen=True)
class Part:
    """One place on the host.

    Attributes:
        path: the place.
        use: what it is for, in a few words; "" for what only holds other parts.
        want: a file's content, a link's target, b"" for a directory; None where nothing of ours is
            to be.
        kind: what it is.
        mode: a file's or a directory's permissions.
        original: where the file that Puppet Server's package has at this place is kept; None where
            it has none there.
        restore: whether that package is installed, so that its file is put back.
        is_state: it is made by the owner of the directory above, not by root.
        schedules: whether it makes dropsonde run by itself.
    """

    path: Path
    use: str = ""
    want: bytes | None = None
    kind: Kind = Kind.FILE
    mode: int = 0o644
    original: Path | None = None
    restore: bool = False
    is_state: bool = False
    schedules: bool = False


def places(root: Path) -> Iterator[tuple[str, Part]]:
    """Every place with its name; a directory comes before what it holds."""
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
    """The places in Puppet Server's own directories."""
    home, beside = (layout.data_dir / name for name in NAMES)
    own = layout.root / OWN
    kept = own / "originals"
    # Upstream's packages bring the gem, and the server's user must be able to reach it.
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
                schedules=True,
            ),
        )
