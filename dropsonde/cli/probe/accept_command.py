"""``dropsonde accept``: agree to send the columns that this version describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.common.clock import utc_now
from dropsonde.common.errors import ConfigError
from dropsonde.delivery import consent

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


def run(this: Run) -> int:
    """Record the consent, and print what is new in it."""
    probe = this.probe
    try:
        old = consent.read(probe.cachepath)
    except ConfigError:
        old = None  # an unreadable one agrees to nothing; this replaces it
    new = consent.accept(probe.cachepath, probe.columns, utc_now(), old)
    added = sorted(new.accepted - (old.accepted if old else frozenset()))
    this.write_lines([f"accepted: {', '.join(added)}" if added else "nothing new to accept"])
    return 0
