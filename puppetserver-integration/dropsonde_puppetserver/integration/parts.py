"""List the parts that ``dropsonde integrate`` installs, by packaging of Puppet Server: pure data.

The list of a host names every path that dropsonde ever writes to, also where nothing is wanted: on
a host that changes (another packaging, a server that now runs dropsonde itself, systemd), a second
run corrects the parts, and there are never two schedules.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.files import read_bounded
from dropsonde.common.state import NAMES
from dropsonde_puppetserver.integration.part import Kind, Part
from dropsonde_puppetserver.integration.places import CRON, SERVICE, TIMER, UNITS, places
from dropsonde_puppetserver.integration.text import render, sealed
from dropsonde_puppetserver.packaging import layouts

if TYPE_CHECKING:
    from dropsonde_puppetserver.packaging import Packaging

_SYSTEMD = ("usr/lib/systemd/systemd", "lib/systemd/systemd")
_PACKAGED_UNITS = ("usr/lib/systemd/system", "lib/systemd/system")


@dataclass(frozen=True)
class Host:
    """The facts about a host that decide on the schedule.

    Attributes:
        systemd: whether systemd is installed.
        cron: whether there is a directory for cron files.
        units: the directory on the host where a package has installed dropsonde's units; "" for
            none.
        name: determines the minute.
    """

    systemd: bool
    cron: bool
    units: str = ""
    name: bytes = b""

    @property
    def minute(self) -> int:
        """The minute of the hour at which cron checks whether a submission is due."""
        return int.from_bytes(hashlib.sha256(self.name).digest()[:8], "big") % 60


def look_at_host(root: Path) -> Host:
    """Detect the facts about this host."""
    return Host(
        systemd=any((root / path).exists() for path in _SYSTEMD) and (root / UNITS).is_dir(),
        cron=(root / CRON).is_dir(),
        units=next((f"/{path}" for path in _PACKAGED_UNITS if (root / path / TIMER).exists()), ""),
        name=read_bounded(root / "etc/hostname") or b"",
    )


def parts(packaging: Packaging, host: Host, python: str, *, analytics: bool) -> tuple[Part, ...]:
    """List every path, with its wanted content.

    Args:
        packaging: the installed Puppet Server.
        host: its host.
        python: the interpreter to start dropsonde with; an absolute path on that host.
        analytics: whether the server runs dropsonde itself.

    Raises:
        IntegrationError: the interpreter's path cannot be written into the parts.
        FileError: a file of dropsonde's own is missing.
    """
    texts = {f"{packaging.name} subcommand": "cli/dropsonde"}
    beside = packaging.state_dir.name == NAMES[1]
    held = {f"{packaging.name} {'beside' if beside else 'state'}": b""}
    if analytics:
        texts[f"{packaging.name} analytics"] = "analytics/dropsonde"
        held[f"{packaging.name} bin"] = b""
    elif host.systemd:
        if not host.units:
            texts |= {"service": f"systemd/{SERVICE}", "timer": f"systemd/{TIMER}"}
        held |= {"wants": b"", "enabled": f"{host.units or f'/{UNITS}'}/{TIMER}".encode()}
    elif host.cron:
        texts["cron"] = "cron/dropsonde"
    made = {name: sealed(render(part, python, host.minute)) for name, part in texts.items()}
    want = held | made
    return tuple(
        replace(part, want=want.get(name))
        for name, part in places(packaging.root)
        if name in want or part.kind is not Kind.DIRECTORY  # an unwanted directory does no harm
    )


def nothing(root: Path) -> tuple[Part, ...]:
    """List every path with nothing wanted; a directory comes after its contents."""
    return tuple(part for _, part in reversed(list(places(root))))


def table() -> str:
    """Make the Markdown table of installed parts."""
    upstream, debian = layouts()
    with_systemd, without = Host(systemd=True, cron=True), Host(systemd=False, cron=True)
    columns: dict[str, dict[str, Part]] = {}
    for title, packaging, analytics in (
        ("Puppet's or OpenVox's packages, server runs dropsonde", upstream, True),
        ("Puppet's or OpenVox's packages, server does not", upstream, False),
        ("Debian's packages", debian, False),
    ):
        found = [
            part
            for host in (with_systemd, without)
            for part in parts(packaging, host, "/usr/bin/python3", analytics=analytics)
        ]
        columns[title] = {part.use: part for part in found if part.use and part.want is not None}
    uses = dict.fromkeys(part.use for _, part in places(Path("/")) if part.use)
    rows = [["", *columns], ["---"] * (1 + len(columns))]
    rows += [[use, *(_cell(column.get(use)) for column in columns.values())] for use in uses]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(part: Part | None) -> str:
    return f"`{part.path}`" if part else "—"
