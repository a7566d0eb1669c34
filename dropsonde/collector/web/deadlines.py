"""uvicorn's HTTP protocol with a deadline for every stage of a connection, and limits.

uvicorn itself waits forever for the rest of a request and for a client to read its answer: one byte
every few seconds would hold a connection for days. And it processes all arrived chunks of a body at
once, however small they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from dropsonde.collector.web.connections import Connections

if TYPE_CHECKING:
    from dropsonde.collector.web.limits import Limits

_SILENT = "silent"
_SLACK = 5.0  # seconds for the application to answer 408 first, and for the client to read it
_CLOSING = 5.0
MOST = 1.5  # times the limit of connections get a 503; further ones are closed without an answer
_CHUNKS = 2_000  # of a body: half a kilobyte on average; proxies send larger chunks


def limited(limits: Limits, proxies: Sequence[str] = ()) -> type[H11Protocol]:
    """The protocol's class for some limits.

    Args:
        limits: of connections.
        proxies: addresses and networks without a limit of their own.
    """

    class Limited(_Limited):
        allowed = limits
        networks = Connections(limits, proxies)

    return Limited


class _Counted(h11.Connection):
    """Accepts at most _CHUNKS chunks of a body."""

    _chunks = 0

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = 0
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            if self._chunks > _CHUNKS:
                raise h11.RemoteProtocolError("too many chunks")
        return event


class _Limited(H11Protocol):
    allowed: Limits
    networks: Connections

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.access_log = False  # for every logging configuration: clients are never logged
        self.conn = _Counted(h11.SERVER, self.config.h11_max_incomplete_event_size or 0)
        self._stage: object = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        if len(self.connections) > self.allowed.connections * MOST or not self.networks.opened(
            self
        ):
            transport.abort()
        else:
            self._enter(_SILENT, self.allowed.silent)

    def data_received(self, data: bytes) -> None:
        if self._stage == _SILENT:
            self._enter("head", self.allowed.head)
        super().data_received(data)

    @property
    def waits(self) -> bool:
        """Whether it has not received its first request yet."""
        return self.cycle is None and not self.transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.networks.closed(self)
        self._enter(None, 0)
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._look()

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP, at most once, also if the application answers or has answered."""
        can_answer = self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # drops all its further output
            cycle.message_event.set()
            can_answer = can_answer and cycle.scope["method"] != "HEAD"  # its answer has no body
        if can_answer:
            super().send_400_response(msg)
        else:
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._look()

    def _look(self) -> None:
        """Determine the current stage, and set its deadline."""
        receiving = self.conn.their_state
        if self.transport.is_closing():
            self._enter("closing", _CLOSING)
        elif receiving is h11.SEND_BODY:
            self._enter(("body", self.cycle), self.allowed.body + _SLACK)
        elif receiving is h11.IDLE and self.timeout_keep_alive_task is not None:
            self._enter(None, 0)  # uvicorn's own timer runs between two requests
        elif receiving is h11.IDLE:
            self._enter("head", self.allowed.head)
        else:
            self._enter(("answer", self.cycle), self.allowed.answer)

    def _enter(self, stage: object, seconds: float) -> None:
        """Set the deadline of a stage, unless it is already the current one."""
        if stage == self._stage:
            return
        self._stage = stage
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if stage is not None:
            self._deadline = self.loop.call_later(seconds, self.transport.abort)
