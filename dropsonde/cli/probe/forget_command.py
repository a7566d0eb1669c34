"""``dropsonde forget``: delete this site's reports, and start anew under another id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.common import state
from dropsonde.common.errors import BusyError, NoDeletionError
from dropsonde.common.files import locked, private_directory
from dropsonde.delivery import consent, operator
from dropsonde.delivery.deletion import Deletion, delete_site
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.site.site_id import drop_seed

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.report.probe import Probe


def run(this: Run) -> int:
    """Ask the endpoint first: if that fails, nothing here is deleted."""
    probe = this.probe
    private_directory(probe.cachepath)
    with locked(probe.cachepath / state.SUBMIT_LOCK, wait=False) as held:
        if not held:
            raise BusyError("a submission is running", "wait for its end; nothing was done")
        outbox = Outbox(probe.cachepath)
        deletion = _ask(probe, outbox)
        outbox.forget()
        consent.withdraw(probe.cachepath)
        operator.forget(probe.cachepath)
        drop_seed(probe.cachepath)
    if deletion is None:
        this.write_lines(["there is no endpoint, and no report was made for one"])
    elif deletion is Deletion.DONE:
        this.write_lines([f"{probe.endpoint_shown} deletes what it holds under this site's id"])
    this.write_lines(["the local archive is gone; what was refused stays in quarantine"])
    configured = [name for name in ("seed", "seed_file", "siteid") if getattr(this.settings, name)]
    if configured:
        origin = this.settings.sources[configured[0]]
        line = f"the site id stays the same: change {configured[0]}, which {origin} sets"
        this.write_lines([line])
    else:
        this.write_lines(["the next report goes under a new site id"])
    if deletion is not None:
        _complain(deletion, probe.endpoint_shown)
    return 0


def _ask(probe: Probe, outbox: Outbox) -> Deletion | None:
    """Ask the endpoint for the deletion; None where there was never one to send to.

    Raises:
        NoEndpointError: reports were made for an endpoint that is not named now.
    """
    if probe.endpoint_or_none is None and not any(outbox.entries(place) for place in Place):
        return None
    return delete_site(probe.to_endpoint, probe.endpoint, probe.site_id, probe.deletion_key)


def _complain(deletion: Deletion, where: str) -> None:
    """Report that the endpoint keeps reports.

    Raises:
        NoDeletionError: it keeps them.
    """
    if deletion is Deletion.NOT_OFFERED:
        raise NoDeletionError(
            f"{where}: this endpoint offers no deletion, so it keeps what it holds",
            "ask its operator to delete this site's reports",
        )
    if deletion is Deletion.NEEDS_KEY:
        raise NoDeletionError(
            f"{where}: this endpoint deletes only with a proof of the seed, and an id that was set "
            "with siteid has none, so it keeps what it holds",
            "ask its operator to delete this site's reports, and name that id",
        )
