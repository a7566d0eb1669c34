"""Take a report: decompress, check, store on disk, then acknowledge with a signed receipt."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from dropsonde.collector.intake import RefusedError
from dropsonde.collector.web.body import read_report
from dropsonde.collector.web.responses import Refusal, unavailable
from dropsonde.common.errors import StoreFullError, StoreUnavailableError
from dropsonde.common.weeks import week_of
from dropsonde.protocol.receipt import SignedReceipt

if TYPE_CHECKING:
    from starlette.requests import Request

    from dropsonde.collector.intake import Taken
    from dropsonde.collector.intake.vocabulary import Intakes
    from dropsonde.collector.row import Row
    from dropsonde.collector.store import Store
    from dropsonde.collector.web.counters import Counters
    from dropsonde.collector.web.new_sites import NewSites
    from dropsonde.collector.web.signing_key import Key
    from dropsonde.collector.web.worker import Worker

_PROBE = re.compile(r"dropsonde/([0-9]{1,6}(?:\.[0-9]{1,6}){0,3})(?![0-9.])")


@dataclass(frozen=True)
class Announcement:
    """A newer probe, which each receipt announces.

    Args:
        version: as ``1.2.0``; empty for no announcement.
        link: to its download.
    """

    version: str = ""
    link: str = ""

    def is_news(self, agent: str) -> bool:
        """Whether a user agent's program is older; an agent without a version counts as older."""
        if not self.version:
            return False
        found = _PROBE.match(agent)
        return found is None or _numbers(found[1]) < _numbers(self.version)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@dataclass(frozen=True)
class Reports:
    """Handles reports, from the request to the store.

    Args:
        worker: processes reports.
        new_sites: limits them.
        store: of the rows.
        intakes: gives the intake that checks a report.
        key: signs receipts.
        dataset: the dataset's name in receipts.
        announcement: of a newer probe.
        counters: the metrics.
        clock: gives the time (aware).
        monotonic: a clock of seconds that never goes back.
        seconds: for a whole body.
    """

    worker: Worker
    new_sites: NewSites
    store: Store
    intakes: Intakes
    key: Key
    dataset: str
    announcement: Announcement
    counters: Counters
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    seconds: float

    async def post(self, request: Request) -> Response:
        """Answer a report."""
        begun = self.monotonic()
        try:
            data = await read_report(request, self.seconds)
            client = request.client
            host = client.host if client else ""
            taken, kept = await self.worker.run(host, len(data), lambda: self._taken(host, data))
            await _on_disk(kept)
        except Refusal as refusal:
            self.counters.refused(refusal.reason)
            raise
        self.counters.received(taken.dropped, self.monotonic() - begun)
        news = self.announcement.is_news(request.headers.get("user-agent", ""))
        return JSONResponse(
            {
                "newer": news,
                "link": self.announcement.link if news else "",
                "message": _message(taken.dropped),
                "receipt": self._receipt(taken).to_json(),
            }
        )

    def _taken(self, host: str, data: bytes) -> tuple[Taken, Future[bool]]:
        """Check a report and submit its row to the store, in the worker's thread."""
        now = self.clock()
        message_id = self.key.message_id(week_of(now), data)
        try:
            taken = self.intakes.current().take(data, now, message_id)
        except RefusedError as error:
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                "invalid",
                "the report is not what the schema describes",
                faults=error.faults,
            ) from error
        submit = partial(self._submitted, taken.row)
        return taken, self.new_sites.limited(host, taken.row.site_id, now, submit)

    def _submitted(self, row: Row) -> Future[bool]:
        with _store_at_work():
            return self.store.submit(row)

    def _receipt(self, taken: Taken) -> SignedReceipt:
        row = taken.row
        bare = SignedReceipt(
            row.message_id, week_of(row.timestamp), self.dataset, taken.sha256, signature=""
        )
        return self.key.signed(bare)


async def _on_disk(kept: Future[bool]) -> None:
    """Wait until a row is on disk; concurrent rows share the commit."""
    with _store_at_work():
        await asyncio.wrap_future(kept)


@contextlib.contextmanager
def _store_at_work() -> Iterator[None]:
    """Translate the store's errors to answers."""
    try:
        yield
    except StoreFullError as error:
        raise unavailable("full", "there is no room for reports at the moment") from error
    except StoreUnavailableError as error:
        raise unavailable("unavailable", "no report can be kept at the moment") from error


def _message(dropped: Mapping[str, int]) -> str:
    if not dropped:
        return "Thank you."
    reasons = ", ".join(f"{reason}: {rows}" for reason, rows in sorted(dropped.items()))
    return f"Thank you. Some rows were not kept ({reasons})."
