"""Sending what waits: oldest first, and each report ends where its answer says.

The outbox keeps every report until an endpoint has answered for it; nothing here throws one away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dropsonde.errors import DeliveryError, RefusedReportError
from dropsonde.outbox import Place, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropsonde.delivery import Answer, Delivery
    from dropsonde.outbox import Entry, Outbox

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass
class Sent:
    """What one run achieved.

    Attributes:
        delivered: the reports that were taken, with the answers.
        refused: why the last report was refused that was; None when none was.
        undelivered: why the rest waits; None when nothing does.
    """

    delivered: list[tuple[Entry, Answer]] = field(default_factory=list)
    refused: RefusedReportError | None = None
    undelivered: DeliveryError | None = None


def send_waiting(
    outbox: Outbox,
    delivery: Delivery,
    receipt: Callable[[int, str], Receipt],
    since: datetime | None = None,
) -> Sent:
    """Send every report that waits, oldest first, until one cannot be delivered.

    Args:
        outbox: where they wait; its lock is held.
        delivery: the way to the endpoint.
        receipt: makes the receipt of a status and an answer.
        since: leave reports from before alone; they are not this consent's.
    """
    sent = Sent()
    for entry in outbox.entries(Place.OUTBOX):
        if since is not None and entry.made < since.replace(microsecond=0):
            continue
        try:
            answer = delivery.send(outbox.read(Place.OUTBOX, entry))
        except RefusedReportError as error:
            sent.refused = error
            outbox.settle(entry, Place.QUARANTINE, receipt(error.answer.status, error.answer.text))
        except DeliveryError as error:
            sent.undelivered = error
            return sent
        else:
            outbox.settle(entry, Place.SENT, receipt(answer.status, answer.text))
            sent.delivered.append((entry, answer))
    return sent


def last_delivery(outbox: Outbox) -> datetime | None:
    """When the last report was taken (UTC); its making, where the receipt cannot be read."""
    times = []
    for entry in outbox.entries(Place.SENT):
        receipt = outbox.receipt(Place.SENT, entry)
        times.append(_moment(receipt.time if receipt else "") or entry.made)
    return max(times, default=None)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:  # somebody edited the receipt
        return None


def receipt_of(endpoint: str, now: datetime, status: int, answer: str) -> Receipt:
    """What is kept beside a report that an endpoint has answered for."""
    return Receipt(now.astimezone(timezone.utc).strftime(_TIME), endpoint, status, answer)
