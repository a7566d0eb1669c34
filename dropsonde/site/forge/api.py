"""Client of the Forge's API: fetch the names of all modules, or of those released since a day.

``GET /v3/modules``, as its specification (``/v3/openapi.json``) describes it. Imports requests.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import requests

from dropsonde.common.errors import ForgeError
from dropsonde.common.urls import shown
from dropsonde.http import explain, within
from dropsonde.site.forge.listing import public_slugs

PAGE = 100  # modules a request; the API gives no more
MAX_REQUESTS = 1000
MAX_BYTES = 50_000_000  # unpacked, in all
PATIENCE = 900.0  # seconds; all modules take less than a minute
CHUNK = 1 << 16
NOT_MODIFIED = 304
# Every field but the slug: a module has 47 kB otherwise.
EXCLUDED = (
    "uri name downloads created_at updated_at deprecated_at deprecated_for superseded_by supported "
    "endorsement module_group owner premium current_release releases feedback_score homepage_url "
    "issues_url"
)
QUERY = {
    "limit": str(PAGE),
    # The most stable order: by downloads, modules change places all the time.
    "sort_by": "latest_release",
    "exclude_fields": EXCLUDED,
}
ASK_URL = "check that the address is that of a Forge"


class _Page(NamedTuple):
    total: int
    names: tuple[str, ...]


class Api:
    """A client for one refresh, bounded in requests, bytes and time.

    Args:
        session: the HTTP session.
        url: the Forge's URL.
        progress: called with the number of modules known so far and in all.
        patience: seconds in all, even while bytes keep arriving.

    Attributes:
        requests: made so far, retries included.
        bytes: received on the wire so far.
    """

    def __init__(
        self,
        session: requests.Session,
        url: str,
        progress: Callable[[int, int], None],
        *,
        patience: float = PATIENCE,
    ) -> None:
        self.requests = 0
        self.bytes = 0
        self._unpacked = 0
        self._session = session
        self._url = url.rstrip("/")
        self._progress = progress
        self._end = time.monotonic() + patience

    def all_modules(self, now: datetime) -> frozenset[str]:
        """Fetch the names of all modules.

        The list may change while it is read: modules then move between pages. So the names are
        counted against the total; modules moved by a new release are fetched by its date, and when
        that is not enough, all pages are read once more.

        Raises:
            ForgeError: the Forge cannot be reached, or the list is incomplete twice.
        """
        for _attempt in range(2):
            names = self._every_page(now)
            if names is not None:
                return public_slugs(names)
        raise ForgeError(
            f"{shown(self._url)}: the list is shorter than announced or changes while it is read",
            "try again later",
        )

    def _every_page(self, now: datetime) -> frozenset[str] | None:
        """Read all pages; None when a name may be missing."""
        names: set[str] = set()
        total = 0
        for page in self._pages({}):
            if page.total < total:
                return None  # one was removed, so another has moved to a page already read
            total = page.total
            names.update(page.names)
            self._progress(min(len(names), total), total)
        if len(names) < total:
            for page in self._pages(_since(now)):
                names.update(page.names)
        return frozenset(names) if len(names) >= total else None

    def released_since(self, moment: datetime) -> frozenset[str]:
        """Fetch the names of the modules with a release since a moment's day (aware, UTC).

        Raises:
            ForgeError: the Forge cannot be reached.
        """
        # The API filters by day; If-Modified-Since saves its search when nothing changed.
        headers = {
            "If-Modified-Since": format_datetime(moment.astimezone(timezone.utc), usegmt=True)
        }
        names: set[str] = set()
        for page in self._pages(_since(moment), headers):
            names.update(page.names)
            self._progress(min(len(names), page.total), page.total)
        return public_slugs(frozenset(names))

    def _pages(
        self, query: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Iterator[_Page]:
        """Page through a result by computed offsets; never follow a URL from an answer."""
        offset = 0
        while True:
            page = self._page({**QUERY, **query, "offset": str(offset)}, headers)
            yield page
            offset += len(page.names)
            if not page.names or offset >= page.total:
                return

    def _page(self, query: Mapping[str, str], headers: Mapping[str, str] | None) -> _Page:
        body = self._get(f"{self._url}/v3/modules?{urlencode(query, quote_via=quote)}", headers)
        if body is None:
            return _Page(0, ())
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ForgeError(
                f"{shown(self._url)}: the answer is not JSON",
                "check the address, and that no proxy answers instead",
            ) from error
        return self._parse(answer, query["offset"])

    def _parse(self, answer: Any, offset: str) -> _Page:
        try:
            total, results = answer["pagination"]["total"], answer["results"]
        except (KeyError, TypeError, IndexError):
            total = results = None
        if not isinstance(total, int) or not isinstance(results, list):
            raise ForgeError(f"{shown(self._url)}: the answer is not a list of modules", ASK_URL)
        # An entry without a name still counts; its placeholder cannot pass for a slug.
        return _Page(total, tuple(_name(one, f"{offset}+{n}") for n, one in enumerate(results)))

    def _get(self, url: str, headers: Mapping[str, str] | None) -> bytes | None:
        """Fetch a page; None when the Forge answers 304 (not modified)."""
        if self.requests >= MAX_REQUESTS:
            raise ForgeError(f"{shown(self._url)}: more than {MAX_REQUESTS} pages", ASK_URL)
        self.requests += 1
        try:
            left = self._end - time.monotonic()
            return within(left, lambda: self._answer(url, headers))
        except requests.RequestException as error:
            raise ForgeError(*explain(error, self._url)) from error

    def _answer(self, url: str, headers: Mapping[str, str] | None) -> bytes | None:
        with self._session.get(url, headers=headers, stream=True) as response:
            self.requests += len(response.raw.retries.history if response.raw.retries else ())
            response.raise_for_status()
            body = self._read(response)
        return None if response.status_code == NOT_MODIFIED else body

    def _read(self, response: requests.Response) -> bytes:
        """Read a body in pieces: a small compressed body can be huge when decompressed."""
        body = bytearray()
        for piece in response.iter_content(CHUNK):
            body += piece
            self._unpacked += len(piece)
            if self._unpacked > MAX_BYTES:
                raise ForgeError(f"{shown(self._url)}: more than {MAX_BYTES} bytes", ASK_URL)
        self.bytes += response.raw.tell()
        return bytes(body)


def _since(moment: datetime) -> dict[str, str]:
    return {"with_release_since": f"{moment:%Y-%m-%d}"}


def _name(entry: Any, position: str) -> str:
    slug = entry.get("slug") if isinstance(entry, dict) else None
    return slug if isinstance(slug, str) else position
