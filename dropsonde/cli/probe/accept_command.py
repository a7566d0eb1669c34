"""``dropsonde accept``: agree to the columns of this version, and to who runs the endpoint."""

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
    # The columns first: they count also where the endpoint cannot be asked.
    new = consent.accept(probe.cachepath, probe.columns, utc_now(), old)
    added = sorted(new.accepted - (old.accepted if old else frozenset()))
    this.write_lines([f"accepted: {', '.join(added)}" if added else "nothing new to accept"])
    if probe.endpoint_or_none is not None:
        about = probe.about()
        consent.accept(probe.cachepath, (), utc_now(), new, about.operator)
        this.write_lines([f"accepted: {probe.endpoint_shown}, run by: {about.said()}"])
    return 0
