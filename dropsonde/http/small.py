"""Fetch a small document that is no more than its body."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import requests

_CHUNK = 1 << 10


def small_body(session: Callable[[], requests.Session], url: str, limit: int) -> bytes | None:
    """Fetch a document without following a redirect; None when it is longer than the limit.

    Args:
        session: makes the session, which is closed afterwards.
        url: the document's.
        limit: bytes, as received.

    Raises:
        requests.HTTPError: the status is not 200.
        requests.RequestException: there is no answer.
    """
    body, headers = bytearray(), {"Accept-Encoding": "identity"}
    with (
        session() as opened,
        opened.get(url, headers=headers, stream=True, allow_redirects=False) as response,
    ):
        if response.status_code != HTTPStatus.OK:
            raise requests.HTTPError(response=response)
        for piece in response.iter_content(_CHUNK):
            body += piece
            if len(body) > limit:
                return None
    return bytes(body)
