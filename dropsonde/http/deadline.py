"""An end to whatever waits for a server, however lively its bytes trickle.

The timeouts of requests count from byte to byte: one byte every nine seconds holds it for hours, in
the TLS handshake, the headers or the body. So a thread of its own asks, and is left alone when the
time is up; it ends when the connection does, at the latest with the process.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

import requests

Result = TypeVar("Result")


def within(seconds: float, ask: Callable[[], Result]) -> Result:
    """Ask, and wait no longer than so many seconds for the whole of it.

    Args:
        seconds: for connecting, asking and reading together.
        ask: works in another thread, on nothing that the caller uses after a timeout.

    Raises:
        requests.Timeout: the time is up. Whatever ``ask`` raises comes out as it is.
    """
    came: queue.SimpleQueue[Result | _Failed] = queue.SimpleQueue()

    def run() -> None:
        try:
            came.put(ask())
        except Exception as error:  # noqa: BLE001 - none is lost: it is raised for the caller
            came.put(_Failed(error))

    threading.Thread(target=run, name="asking", daemon=True).start()
    try:
        found = came.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise requests.Timeout("no whole answer in all the time") from None
    if isinstance(found, _Failed):
        raise found.error
    return found


class _Failed:
    """An error on its way to the thread that waits."""

    def __init__(self, error: Exception) -> None:
        self.error = error
