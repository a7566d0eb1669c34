"""Send one report to an endpoint, and classify the answer.

The status decides: 2xx accepts the report; 4xx refuses it for good; after any other status, or no
answer, it keeps waiting. Importing this package imports no HTTP library; sending does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from dropsonde.common.errors import DeliveryError, RefusedReportError
from dropsonde.common.urls import shown
from dropsonde.delivery.answer import Answer, read_answer
from dropsonde.delivery.limits import Limits
from dropsonde.delivery.retry_after import asked_to_wait

if TYPE_CHECKING:
    import requests

    from dropsonde.delivery.exchange import Outcome

__all__ = ["Answer", "Delivery", "Limits"]

log = logging.getLogger(__name__)

OK = range(200, 300)
REFUSED = range(400, 500)
SERVER_FAULT = 500  # and above
ASKS_TO_RETRY = (408, 429)
# 4xx statuses about the moment or a proxy on the way, not about the report.
REFUSED_NOTHING = (*ASKS_TO_RETRY, 407)
REFUSED_THE_SENDER = (401, 403, 404)  # there is general advice for these
WANTS_NO_GZIP = (400, 415)  # from servers that do not decompress, and so see no JSON
FIRST_PAUSE = 1.0  # seconds, at most; doubled for each further try


class Delivery:
    """Delivers reports to one endpoint, for one run.

    Args:
        session: makes a session without retries of its own; each try opens and closes one.
        url: the exact URL to post to; messages leave out a user and password in it.
        clock: returns the time (aware).
        sleep: waits for a number of seconds.
        jitter: returns a number from 0 to 1; shortens pauses by up to a half, so that many sites do
            not retry at the same moment.
        limits: the time limits.
        wants_plain: whether an earlier run learned that the endpoint refuses gzip.
    """

    def __init__(
        self,
        session: Callable[[], requests.Session],
        url: str,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        jitter: Callable[[], float],
        limits: Limits = Limits(),  # noqa: B008 - frozen
        wants_plain: bool = False,
    ) -> None:
        self._wants_plain = wants_plain
        self._session = session
        self._url = url
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._limits = limits
        self._left = limits.max_wait

    @property
    def shown(self) -> str:
        """The endpoint's URL without user and password, for messages and receipts."""
        return shown(self._url)

    def send(self, data: bytes) -> Answer:
        """Deliver a report; every try carries the same Idempotency-Key.

        An answer that is not a JSON object causes a warning in the log (and is ``odd``): the
        report was accepted nevertheless, so it must not be sent again.

        Args:
            data: the exact bytes that the endpoint gets.

        Raises:
            DeliveryError: the report waits: no answer, a redirect, or an answer that asks to retry
                later, also after all pauses that the run has left.
            RefusedReportError: the endpoint refused it for good; holds its status and text.
        """
        tries = 0
        packed = not self._wants_plain
        while True:
            outcome = self._post(data, packed=packed)
            if packed and outcome.status in WANTS_NO_GZIP:
                packed = False
                continue
            if outcome.status in OK:
                self._wants_plain = not packed
                return replace(self._taken(outcome), plain=not packed)
            if outcome.status in REFUSED and outcome.status not in REFUSED_NOTHING:
                raise self._refused(outcome)
            self._wait(outcome, tries)
            tries += 1

    def _post(self, data: bytes, *, packed: bool) -> Outcome:
        from dropsonde.delivery.exchange import post  # noqa: PLC0415 - requests, when it is needed

        return post(self._session, self._url, data, packed=packed, limits=self._limits)

    def _taken(self, outcome: Outcome) -> Answer:
        answer = read_answer(outcome.status, outcome.body)
        if answer.odd:
            log.warning(
                "%s: took the report, but its answer is no JSON object: check that this is an "
                "endpoint for reports, and that no proxy answers instead",
                self.shown,
            )
        return answer

    def _refused(self, outcome: Outcome) -> RefusedReportError:
        advice = (
            outcome.advice if outcome.status in REFUSED_THE_SENDER else "ask whoever runs it why"
        )
        answer = read_answer(outcome.status, outcome.body)
        return RefusedReportError(
            f"{self.shown}: refused the report with status {outcome.status}",
            f"{advice}; its answer is kept beside the report",
            status=answer.status,
            text=answer.text,
        )

    def _wait(self, outcome: Outcome, tries: int) -> None:
        """Sleep before the next try, or raise when no try is left."""
        if not _passes(outcome):
            raise DeliveryError(outcome.what, outcome.advice)
        now = self._clock()
        asked = asked_to_wait(outcome.retry_after, now)
        wait = asked.total_seconds() if asked is not None else 0.0
        if self._left <= 0 or wait > self._left:
            raise DeliveryError(outcome.what, _advice(outcome, now, asked))
        own = FIRST_PAUSE * 2**tries * (1 + self._jitter()) / 2
        pause = min(max(own, wait), self._left)
        log.debug("delivery: try %d failed, the next comes in %.1f s", tries + 1, pause)
        self._left -= pause
        self._sleep(pause)


def _passes(outcome: Outcome) -> bool:
    """Whether a later try may succeed."""
    return outcome.passes or outcome.status >= SERVER_FAULT or outcome.status in ASKS_TO_RETRY


def _advice(outcome: Outcome, now: datetime, asked: timedelta | None) -> str:
    if asked is None:
        return "try again later" if outcome.status in ASKS_TO_RETRY else outcome.advice
    return f"try again after {(now + asked).astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
