"""Deletion: a client that proves that it has a site's seed may remove all rows of the site.

The proof is the key whose SHA-512 is the site's id, so the check needs no data about the site.
Neither the answer nor its time reveals whether the id was known: the same note is written to disk
in both cases, and the answer comes after a fixed time, or a multiple of it. From then on no query
sees the site; its rows in files are removed within the hour (background.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from dropsonde.collector.web.responses import Refusal, unavailable
from dropsonde.common.errors import StoreUnavailableError

if TYPE_CHECKING:
    from starlette.requests import Request

    from dropsonde.collector.store import Store

KEY_HEADER = "Dropsonde-Deletion-Key"
_SITE_ID = re.compile(r"[0-9a-f]{128}")  # and the form of a key


class Sites:
    """Handles requests for deletion.

    Args:
        store: of the rows.
        pause: seconds; an answer comes after a multiple of them.
        monotonic: a clock of seconds that never goes back.
        by_id: whether a site's id suffices if no key is given.
    """

    def __init__(
        self, store: Store, pause: float, monotonic: Callable[[], float], *, by_id: bool = False
    ) -> None:
        self._store = store
        self._pause = pause
        self._monotonic = monotonic
        self._by_id = by_id

    async def delete(self, request: Request) -> Response:
        """Answer a deletion."""
        site_id = request.path_params["site_id"]
        if _SITE_ID.fullmatch(site_id) is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "invalid", "a site id is 128 hexadecimal digits")
        begun = self._monotonic()
        try:
            self._check(site_id, request.headers.getlist(KEY_HEADER))
            await asyncio.to_thread(self._store.forget, bytes.fromhex(site_id))
        except StoreUnavailableError as error:
            raise unavailable("unavailable", "nothing can be deleted at the moment") from error
        finally:
            took = self._monotonic() - begun
            await asyncio.sleep(self._pause * (took // self._pause + 1) - took)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _check(self, site_id: str, keys: Sequence[str]) -> None:
        """Refuse a request without proof of the site's seed."""
        if not keys and self._by_id:
            return
        if len(keys) != 1 or not _proves(keys[0], site_id):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                "unproven",
                f"{KEY_HEADER} does not hold the one key that proves this site to be yours",
            )


def _proves(key: str, site_id: str) -> bool:
    if _SITE_ID.fullmatch(key) is None:
        return False
    return hmac.compare_digest(hashlib.sha512(bytes.fromhex(key)).hexdigest(), site_id)
