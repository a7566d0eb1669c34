"""One submission: what waits is read once, goes oldest first, and ends where its answer says.

The outbox keeps every report until an endpoint has answered for it; nothing here throws one away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import (
    BusyError,
    DeliveryError,
    DropsondeError,
    IncompleteError,
    RefusedReportError,
)
from dropsonde.common.files import locked, private_directory, read_bounded, write_atomically
from dropsonde.delivery.outbox import Outbox, Place, Receipt
from dropsonde.protocol.report import Content, content

if TYPE_CHECKING:
    from dropsonde.delivery.endpoint import Answer, Delivery
    from dropsonde.delivery.outbox import Entry, Settled

_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Endpoint:
    """Where reports go.

    Attributes:
        shown: its URL, fit for a message.
        delivery: the way to it, for one run; told whether it is known to take no gzip.
    """

    shown: str
    delivery: Callable[[bool], Delivery]


@dataclass(frozen=True)
class Made:
    """A report that was just made.

    Attributes:
        data: its bytes.
        lacking: why it is not to be sent; None when it is whole.
    """

    data: bytes
    lacking: IncompleteError | None = None


@dataclass(frozen=True)
class Waiting:
    """A report that waits, with what was learnt of it when it was read.

    Attributes:
        entry: its place in the outbox.
        data: its bytes.
        content: what it says of itself; None when it cannot be read.
    """

    entry: Entry
    data: bytes
    content: Content | None


@dataclass(frozen=True)
class Sent:
    """What one run achieved.

    Attributes:
        delivered: the reports that were taken, with the answers.
        refused: why the last report was refused that was; None when none was.
        undelivered: why the rest waits; None when nothing does.
        lacking: why the report of now was not sent; None when it was whole.
        waiting: how many reports wait now.
    """

    delivered: tuple[tuple[Entry, Answer], ...] = field(default=())
    refused: RefusedReportError | None = None
    undelivered: DeliveryError | None = None
    lacking: IncompleteError | None = None
    waiting: int = 0

    @property
    def fault(self) -> DropsondeError | None:
        """What to tell of a run that did not do all it should: the worst first."""
        if self.refused is None and self.undelivered is not None:
            what = f"{self.undelivered.what}; {self.waiting} report(s) wait and go first next time"
            told = DeliveryError(what, self.undelivered.advice)
            told.__cause__ = self.undelivered
            return told
        return self.refused or self.lacking


class Submission:
    """The submissions of one cache path to one endpoint.

    Args:
        cachepath: where the outbox and the lock are.
        clock: gives the time (aware).
        endpoint: where reports go.
    """

    def __init__(self, cachepath: Path, clock: Callable[[], datetime], endpoint: Endpoint) -> None:
        self._cachepath = cachepath
        self.clock = clock
        self.endpoint = endpoint
        self.outbox = Outbox(cachepath)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, with the outbox tidied up: one submission at a time.

        Raises:
            BusyError: another one is running.
        """
        private_directory(self._cachepath)
        with locked(self._cachepath / "submit.lock", wait=False) as held:
            if not held:
                raise BusyError(
                    "another submission is running", "wait for its end; nothing was done"
                )
            self.outbox.recover()
            # What is too old to be sent is not sent after a long downtime either.
            self.outbox.prune(self.clock())
            yield

    def submit(self, made: Made) -> Sent:
        """Send a report of now, after all that waits; the lock is held."""
        if made.lacking is None:
            self.add(made.data)
        return replace(self.send(self.waiting()), lacking=made.lacking)

    def add(self, data: bytes) -> Waiting:
        """Keep a report until an endpoint has answered for it."""
        return Waiting(self.outbox.add(data, self.clock()), data, content(data))

    def waiting(self) -> list[Waiting]:
        """Read what waits, oldest first."""
        found = []
        for entry in self.outbox.entries(Place.OUTBOX):
            data = self.outbox.read(Place.OUTBOX, entry)
            found.append(Waiting(entry, data, content(data)))
        return found

    def send(self, waiting: Iterable[Waiting]) -> Sent:
        """Send reports in this order, until one cannot be delivered; the lock is held."""
        plain = read_bounded(self._memory) == self._takes_no_gzip
        delivery = self.endpoint.delivery(plain)
        delivered: list[tuple[Entry, Answer]] = []
        refused: RefusedReportError | None = None
        undelivered: DeliveryError | None = None
        for each in waiting:
            outcome = self._try(delivery, each)
            if isinstance(outcome, DeliveryError):
                undelivered = outcome
                break
            if isinstance(outcome, RefusedReportError):
                refused = outcome
                continue
            delivered.append((each.entry, outcome))
            if outcome.plain and not plain:
                write_atomically(self._memory, self._takes_no_gzip)
                plain = True
        self.outbox.prune(self.clock())
        left = len(self.outbox.entries(Place.OUTBOX))
        return Sent(tuple(delivered), refused, undelivered, waiting=left)

    def _try(
        self, delivery: Delivery, each: Waiting
    ) -> Answer | RefusedReportError | DeliveryError:
        """Send one report, and put it where the answer says."""
        try:
            answer = delivery.send(each.data)
        except RefusedReportError as error:
            self._settle(each.entry, Place.QUARANTINE, error.status, error.text)
            return error
        except DeliveryError as error:
            return error
        self._settle(each.entry, Place.SENT, answer.status, answer.text)
        return answer

    def _settle(self, entry: Entry, place: Settled, status: int, text: str) -> None:
        receipt = receipt_of(self.endpoint.shown, self.clock(), status, text)
        self.outbox.settle(entry, place, receipt)

    @property
    def _memory(self) -> Path:
        return self._cachepath / "endpoint.json"

    @property
    def _takes_no_gzip(self) -> bytes:
        """What is remembered of an endpoint that takes no gzip."""
        return json.dumps({"wants_plain": self.endpoint.shown}).encode() + b"\n"


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
