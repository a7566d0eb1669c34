"""Limit the total time of a request, even while its bytes keep arriving.

The timeouts of requests apply to each byte: one byte every nine seconds can hold it for hours, in
the TLS handshake, the headers or the body. So a separate thread runs the request, and is abandoned
when the time is up; it ends with the connection, at the latest with the process.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

import requests

Result = TypeVar("Result")


def within(seconds: float, ask: Callable[[], Result]) -> Result:
    """Call a function in another thread, and wait for a limited time.

    Args:
        seconds: for connecting, sending and reading together.
        ask: the function; after a timeout, the caller uses no object that it uses.

    Raises:
        requests.Timeout: the time is up. Any exception of ``ask`` is raised unchanged.
    """
    came: queue.SimpleQueue[Result | _Failed] = queue.SimpleQueue()

    def run() -> None:
        try:
            came.put(ask())
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            came.put(_Failed(error))

    threading.Thread(target=run, name="asking", daemon=True).start()
    try:
        result = came.get(timeout=max(seconds, 0))
    except queue.Empty:
        raise requests.Timeout("no whole answer in all the time") from None
    if isinstance(result, _Failed):
        raise result.error
    return result


class _Failed:
    """An error for the waiting thread."""

    def __init__(self, error: Exception) -> None:
        self.error = error
