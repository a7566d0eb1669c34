"""One worker process, seen from the collector's event loop."""

from __future__ import annotations

import asyncio
import subprocess

from dropsonde.collector.starting import started
from dropsonde.collector.workers.messages import LENGTH

_CHILD = "dropsonde.collector.workers.child"
_SECONDS = 30.0  # for one report, which has 10 s of CPU
_START = 120.0  # seconds until it is ready; reading a vocabulary takes one or two
_LONGEST = 4 << 20  # bytes of an answer; a report has 1 MiB


class EndedError(Exception):
    """The process has ended without an answer, or was ended since it took too long."""


class Process(asyncio.Protocol):
    """A process that answers one message at a time. Use :meth:`started`.

    Attributes:
        ended: is done when the process can answer no more.
        retired: whether it shall get no further message.
    """

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[bytes] | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.retired = False

    @classmethod
    async def started(cls, words: bytes) -> Process:
        """Start a process and wait until it is ready.

        Args:
            words: what it checks against, pickled.

        Raises:
            OSError: the system starts no process.
            EndedError: it ended again.
        """
        popen, ours = started(_CHILD)
        made = cls(popen)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: made, sock=ours)
            await made.ask(words, first=True)
        except BaseException:
            made.end()
            raise
        return made

    async def ask(self, message: bytes, *, first: bool = False) -> bytes:
        """The answer to a message.

        Args:
            message: a report.
            first: whether it is what reports are checked against instead.

        Raises:
            EndedError: it ended before.
        """
        if self._transport is None or self.ended.done():
            raise EndedError
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        late = loop.call_later(_START if first else _SECONDS, self.kill)
        self._transport.write(LENGTH.pack(len(message)) + message)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.kill()  # it would give its answer to the next message
            raise
        finally:
            late.cancel()

    def kill(self) -> None:
        """End it at once; ``ended`` follows."""
        self.retired = True
        self._popen.kill()

    def end(self) -> int:
        """As :meth:`kill`, and wait; the exit code, or minus the signal."""
        self.kill()
        if self._transport is not None:
            self._transport.abort()
        return self._popen.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio's."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As asyncio's."""
        self._received += data
        if len(self._received) < LENGTH.size:
            return
        (length,) = LENGTH.unpack_from(self._received)
        missing = LENGTH.size + length - len(self._received)
        if self._answer is None or self._answer.done() or missing < 0 or length > _LONGEST:
            self.kill()  # a report broke it
        elif not missing:
            self._answer.set_result(bytes(self._received[LENGTH.size :]))
            self._received.clear()

    def connection_lost(self, _: Exception | None) -> None:
        """As asyncio's."""
        if not self.ended.done():
            self.ended.set_result(None)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(EndedError())
