"""Take a report: decompress, check in a worker process, store, acknowledge with a receipt."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from dropsonde.collector.web.body import read_report
from dropsonde.collector.web.responses import Refusal, unavailable
from dropsonde.collector.workers.messages import Kept, Refused, report
from dropsonde.common.errors import StoreFullError, StoreUnavailableError
from dropsonde.common.weeks import week_of
from dropsonde.protocol.receipt import SignedReceipt

if TYPE_CHECKING:
    from starlette.requests import Request

    from dropsonde.collector.record import Record
    from dropsonde.collector.store import Store
    from dropsonde.collector.web.checking import Checking
    from dropsonde.collector.web.commits import Commits
    from dropsonde.collector.web.counters import Counters
    from dropsonde.collector.web.new_sites import NewSites
    from dropsonde.collector.web.signing_key import Key
    from dropsonde.collector.workers.messages import Answer

log = logging.getLogger(__name__)

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
        checking: has reports checked.
        new_sites: limits them.
        store: of the rows.
        commits: its commits.
        key: signs receipts.
        dataset: the dataset's name in receipts.
        announcement: of a newer probe.
        counters: the metrics.
        clock: gives the time (aware).
        monotonic: a clock of seconds that never goes back.
        seconds: for a whole body.
    """

    checking: Checking
    new_sites: NewSites
    store: Store
    commits: Commits
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
            digest = hashlib.sha256(data)
            message = partial(self._message, data, digest.digest())
            taken = _taken(await self.checking.run(host, len(data), message))
            await self._stored(host, taken.record)
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
                "receipt": self._receipt(taken.record, digest.hexdigest()).to_json(),
            }
        )

    def _message(self, data: bytes, digest: bytes) -> bytes:
        """What a worker process is asked."""
        now = self.clock()
        return report(now, self.key.message_id(week_of(now), digest), data)

    async def _stored(self, host: str, record: Record) -> None:
        """Wait until a record is on disk, unless its site is one new site too many."""
        submit = partial(self.store.keep, record)
        try:
            kept = self.new_sites.limited(host, record.site_id, self.clock(), submit)
            await self.commits.wait(kept)
        except StoreFullError as error:
            raise unavailable("full", "there is no room for reports at the moment") from error
        except StoreUnavailableError as error:
            raise unavailable("unavailable", "no report can be kept at the moment") from error

    def _receipt(self, record: Record, sha256: str) -> SignedReceipt:
        bare = SignedReceipt(record.message_id, record.week, self.dataset, sha256, signature="")
        return self.key.signed(bare)


def _taken(answer: Answer) -> Kept:
    """A report that was taken.

    Raises:
        Refusal: 400, it was not; or 500, after an error of the program.
    """
    if isinstance(answer, Kept):
        return answer
    if isinstance(answer, Refused):
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "invalid",
            "the report is not what the schema describes",
            faults=answer.faults,
        )
    log.error("unexpected %s in %s, line %s", answer.kind, answer.place, answer.line)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    raise Refusal(status, "fault", status.phrase.lower())


def _message(dropped: Mapping[str, int]) -> str:
    if not dropped:
        return "Thank you."
    reasons = ", ".join(f"{reason}: {rows}" for reason, rows in sorted(dropped.items()))
    return f"Thank you. Some rows were not kept ({reasons})."
