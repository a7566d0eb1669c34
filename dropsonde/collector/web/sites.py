"""Deletion: whoever knows a site's id may have all of it removed.

The answer says nothing about whether the id was known, and neither does its time. The same note is
written to disk in both cases, and the answer comes after a fixed time, or a multiple of it. From
then on no query sees the site; what files hold of it goes soon after, in the background.
"""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from dropsonde.collector.errors import StoreUnavailableError
from dropsonde.collector.web.answers import Refusal, unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from dropsonde.collector.store import Store

_SITE_ID = re.compile(r"[0-9a-f]{128}")


class Sites:
    """The way of a deletion.

    Args:
        store: where rows are kept.
        pause: seconds.
        monotonic: seconds that only grow.

    Attributes:
        forgotten: set when files may hold something of a forgotten site.
    """

    def __init__(self, store: Store, pause: float, monotonic: Callable[[], float]) -> None:
        self.forgotten = asyncio.Event()
        self._store = store
        self._pause = pause
        self._monotonic = monotonic

    async def delete(self, request: Request) -> Response:
        """Answer a deletion."""
        site_id = request.path_params["site_id"]
        if _SITE_ID.fullmatch(site_id) is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, "invalid", "a site id is 128 hexadecimal digits")
        begun = self._monotonic()
        try:
            await asyncio.to_thread(self._store.forget, bytes.fromhex(site_id))
        except StoreUnavailableError as error:
            raise unavailable("unavailable", "nothing can be deleted at the moment") from error
        finally:
            took = self._monotonic() - begun
            await asyncio.sleep(self._pause * (took // self._pause + 1) - took)
        self.forgotten.set()
        return Response(status_code=HTTPStatus.NO_CONTENT)
