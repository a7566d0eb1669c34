"""What submissions by hand and by the schedule share: the lock, the sending, and the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dropsonde.common.errors import BusyError, DeliveryError, IncompleteError
from dropsonde.common.files import locked, private_directory, read_bounded, write_atomically
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.delivery.submission import receipt_of, send_waiting
from dropsonde.report.probe import utc_now

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.delivery.outbox import Entry
    from dropsonde.delivery.submission import Sent
    from dropsonde.report.build import Report
    from dropsonde.report.probe import Probe


@contextmanager
def lock(probe: Probe) -> Iterator[None]:
    """One submission at a time.

    Raises:
        BusyError: another one is running.
    """
    private_directory(probe.cachepath)
    with locked(probe.cachepath / "submit.lock", wait=False) as held:
        if not held:
            raise BusyError("another submission is running", "wait for its end; nothing was done")
        yield


def open_outbox(probe: Probe) -> Outbox:
    """The outbox, tidied up; the lock is held."""
    outbox = Outbox(probe.cachepath)
    outbox.recover()
    outbox.prune(utc_now())  # what is too old to be sent is not sent after a long downtime either
    return outbox


def send(
    probe: Probe, outbox: Outbox, may_go: Callable[[Entry, bytes], bool] = lambda *_: True
) -> Sent:
    """Send what waits and may go; what was found out of the endpoint is kept for the next run."""
    memory = probe.cachepath / "endpoint.json"
    known = read_bounded(memory) == _plain(probe)
    delivery = probe.delivery(wants_plain=known)
    try:
        return send_waiting(
            outbox,
            delivery,
            lambda status, answer: receipt_of(probe.endpoint_shown, utc_now(), status, answer),
            may_go,
        )
    finally:
        if delivery.wants_plain and not known:
            write_atomically(memory, _plain(probe))
        outbox.prune(utc_now())


def _plain(probe: Probe) -> bytes:
    """What is remembered of an endpoint that takes no gzip."""
    return json.dumps({"wants_plain": probe.endpoint_shown}).encode() + b"\n"


def outcome(sent: Sent, outbox: Outbox, lacking: IncompleteError | None) -> int:
    """What to tell of a run that did not do all it should: the worst first."""
    if sent.refused is not None:
        raise sent.refused
    if sent.undelivered is not None:
        waiting = len(outbox.entries(Place.OUTBOX))
        what = f"{sent.undelivered.what}; {waiting} report(s) wait and go first next time"
        raise DeliveryError(what, sent.undelivered.advice) from sent.undelivered
    if lacking is not None:
        raise lacking
    return 0


def lacking_columns(this: Run, probe: Probe, report: Report) -> IncompleteError | None:
    """Why the report is not to be sent; None when it is whole, or --partial was given."""
    faults = report.faults
    if not probe.forge_list.slugs:  # every module of this site was withheld
        faults = ("there is no list of public modules yet", *faults)
    if not faults or this.arguments.partial:
        return None
    return IncompleteError(
        f"the report is incomplete and was not sent: {faults[0]}",
        "it is tried again next time; --partial sends what there is",
    )
