"""Run a submission: send the waiting reports, oldest first, and file each by its answer.

The outbox keeps every report until an endpoint has answered it; nothing here deletes one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common import state
from dropsonde.common.clock import ISO, iso
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
    from dropsonde.protocol.about import About


@dataclass(frozen=True)
class Endpoint:
    """The endpoint of a submission.

    Attributes:
        shown: its URL without user and password, for messages.
        delivery: makes the delivery of one run; its argument tells whether to send without gzip.
        about: asks it who runs it; raises a DeliveryError where it cannot be asked now.
    """

    shown: str
    delivery: Callable[[bool], Delivery]
    about: Callable[[], About]


@dataclass(frozen=True)
class Made:
    """A report that was just made.

    Attributes:
        data: its bytes.
        lacking: why it must not be sent; None when it is complete.
    """

    data: bytes
    lacking: IncompleteError | None = None


@dataclass(frozen=True)
class Waiting:
    """A waiting report.

    Attributes:
        entry: its entry in the outbox.
        data: its bytes.
        content: its site id and columns; None when it cannot be parsed.
    """

    entry: Entry
    data: bytes
    content: Content | None


@dataclass(frozen=True)
class Sent:
    """The result of one run.

    Attributes:
        delivered: the accepted reports, with the answers.
        refused: the last refusal of a report; None when none was refused.
        undelivered: why the rest waits; None when nothing does.
        lacking: why the current report was not sent; None when it was complete.
        waiting: how many reports wait now.
    """

    delivered: tuple[tuple[Entry, Answer], ...] = field(default=())
    refused: RefusedReportError | None = None
    undelivered: DeliveryError | None = None
    lacking: IncompleteError | None = None
    waiting: int = 0

    @property
    def fault(self) -> DropsondeError | None:
        """The error to report for this run, the worst first; None after a full success."""
        if self.refused is None and self.undelivered is not None:
            what = f"{self.undelivered.what}; {self.waiting} report(s) wait and go first next time"
            told = DeliveryError(what, self.undelivered.advice)
            told.__cause__ = self.undelivered
            return told
        return self.refused or self.lacking


class Submission:
    """Submits the reports of one cache path to one endpoint.

    Args:
        cachepath: the directory of the outbox and the lock.
        clock: returns the time (aware).
        endpoint: the endpoint to send to.
    """

    def __init__(self, cachepath: Path, clock: Callable[[], datetime], endpoint: Endpoint) -> None:
        self._cachepath = cachepath
        self.clock = clock
        self.endpoint = endpoint
        self.outbox = Outbox(cachepath)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock (one submission at a time), and clean up the outbox first.

        Raises:
            BusyError: another one is running.
        """
        private_directory(self._cachepath)
        with locked(self._cachepath / state.SUBMIT_LOCK, wait=False) as held:
            if not held:
                raise BusyError(
                    "another submission is running", "wait for its end; nothing was done"
                )
            self.outbox.recover()
            # Reports that are too old are not sent after a long downtime either.
            self.outbox.prune(self.clock())
            yield

    def submit(self, made: Made) -> Sent:
        """Send the waiting reports and then a new one; the caller holds the lock."""
        waiting = self.waiting()
        if made.lacking is None:
            waiting = self.add(made.data, waiting)
        return replace(self.send(waiting), lacking=made.lacking)

    def add(self, data: bytes, waiting: Sequence[Waiting] = ()) -> list[Waiting]:
        """Store a report in the outbox, and add it to the waiting ones.

        The outbox ignores the same bytes in the same second, so a report that waits or was
        answered already is not sent twice.

        Args:
            data: the report.
            waiting: the reports that were read before.

        Returns:
            the reports to send, oldest first.
        """
        entry = self.outbox.add(data, self.clock())
        known = {each.entry: each for each in waiting}
        if entry in self.outbox.entries(Place.OUTBOX):
            known.setdefault(entry, Waiting(entry, data, content(data)))
        return [known[each] for each in sorted(known)]

    def waiting(self) -> list[Waiting]:
        """Read the waiting reports, oldest first."""
        found = []
        for entry in self.outbox.entries(Place.OUTBOX):
            data = self.outbox.read(Place.OUTBOX, entry)
            found.append(Waiting(entry, data, content(data)))
        return found

    def send(self, waiting: Iterable[Waiting]) -> Sent:
        """Send reports in order until one cannot be delivered; the caller holds the lock."""
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
        self, delivery: Delivery, report: Waiting
    ) -> Answer | RefusedReportError | DeliveryError:
        """Send one report, and file it by its answer."""
        try:
            answer = delivery.send(report.data)
        except RefusedReportError as error:
            self._settle(report.entry, Place.QUARANTINE, error.status, error.text)
            return error
        except DeliveryError as error:
            return error
        self._settle(report.entry, Place.SENT, answer.status, answer.text)
        return answer

    def _settle(self, entry: Entry, place: Settled, status: int, text: str) -> None:
        receipt = receipt_of(self.endpoint.shown, self.clock(), status, text)
        self.outbox.settle(entry, place, receipt)

    @property
    def _memory(self) -> Path:
        return self._cachepath / state.ENDPOINT

    @property
    def _takes_no_gzip(self) -> bytes:
        """The content of the memory file for an endpoint that refuses gzip."""
        return json.dumps({"wants_plain": self.endpoint.shown}).encode() + b"\n"


def last_delivery(outbox: Outbox, site_id: str, now: datetime) -> datetime | None:
    """The time (UTC) when a site's last report was accepted, or made if its receipt is unreadable.

    Reports of other sites, which ``submit --input`` sent, do not count; nor do times in the future,
    from a wrong clock: they would silence the site until then.
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
        return datetime.strptime(text, ISO).replace(tzinfo=timezone.utc)
    except ValueError:  # the receipt was edited
        return None


def receipt_of(endpoint: str, now: datetime, status: int, answer: str) -> Receipt:
    """Make the receipt of a report that an endpoint has answered."""
    return Receipt(iso(now), endpoint, status, answer)
