"""Sending what waits: oldest first, and each report ends where its answer says.

The outbox keeps every report until an endpoint has answered for it; nothing here throws one away.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dropsonde.common.errors import DeliveryError, RefusedReportError
from dropsonde.delivery.outbox import Place, Receipt

if TYPE_CHECKING:
    from dropsonde.delivery.endpoint import Answer, Delivery
    from dropsonde.delivery.outbox import Entry, Outbox

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


@dataclass(frozen=True)
class Content:
    """What a report says of itself.

    Attributes:
        site_id: of the site that made it; empty when it cannot be read.
        columns: the names of the columns that it holds.
    """

    site_id: str
    columns: frozenset[str]


def content(data: bytes) -> Content | None:
    """Look into a report; None for what is none."""
    try:
        document = json.loads(data)
        snapshots = document["self-service-analytics"]["snapshots"]
        return Content(str(document["site_id"]), frozenset(snapshots))
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def send_waiting(
    outbox: Outbox,
    delivery: Delivery,
    receipt: Callable[[int, str], Receipt],
    may_go: Callable[[Entry, bytes], bool] = lambda *_: True,
) -> Sent:
    """Send every report that waits, oldest first, until one cannot be delivered.

    Args:
        outbox: where they wait; its lock is held.
        delivery: the way to the endpoint.
        receipt: makes the receipt of a status and an answer.
        may_go: whether this run may send a report; one that it may not goes on waiting.
    """
    sent = Sent()
    for entry in outbox.entries(Place.OUTBOX):
        data = outbox.read(Place.OUTBOX, entry)
        if not may_go(entry, data):
            continue
        try:
            answer = delivery.send(data)
        except RefusedReportError as error:
            sent.refused = error
            outbox.settle(entry, Place.QUARANTINE, receipt(error.status, error.text))
        except DeliveryError as error:
            sent.undelivered = error
            return sent
        else:
            outbox.settle(entry, Place.SENT, receipt(answer.status, answer.text))
            sent.delivered.append((entry, answer))
    return sent


def last_delivery(outbox: Outbox, site_id: str, now: datetime) -> datetime | None:
    """When the last report of a site was taken (UTC); its making, where the receipt is unreadable.

    Reports of other sites, which ``submit --input`` sent, do not count; nor does a time to come,
    from when the clock was wrong: it would silence the site until then.
    """
    for entry in reversed(outbox.entries(Place.SENT)):
        receipt = outbox.receipt(Place.SENT, entry)
        time = _moment(receipt.time if receipt else "") or entry.made
        if time <= now:
            found = content(outbox.read(Place.SENT, entry))
            if found is not None and found.site_id == site_id:
                return time
    return None


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:  # somebody edited the receipt
        return None


def receipt_of(endpoint: str, now: datetime, status: int, answer: str) -> Receipt:
    """What is kept beside a report that an endpoint has answered for."""
    return Receipt(now.astimezone(timezone.utc).strftime(_TIME), endpoint, status, answer)
