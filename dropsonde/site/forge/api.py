"""Fetch the names of all modules, or of those released since a day.

``GET /v3/modules``, as its specification (``/v3/openapi.json``) describes it. Imports requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dropsonde.common.errors import ForgeError
from dropsonde.site.forge.client import ASK_URL, Client
from dropsonde.site.forge.listing import public_slugs

PAGE = 100  # modules a request; the API gives no more
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


class _Page(NamedTuple):
    total: int
    names: tuple[str, ...]


class Api:
    """The list of one Forge's modules.

    Args:
        client: asks the Forge.
        progress: called with the number of modules known so far and in all.
    """

    def __init__(self, client: Client, progress: Callable[[int, int], None]) -> None:
        self._client = client
        self._progress = progress

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
            f"{self._client.shown}: the list is shorter than announced or changes while it is read",
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
        path = f"/v3/modules?{urlencode(query, quote_via=quote)}"
        answer = self._client.json(path, headers)
        return _Page(0, ()) if answer is None else self._parse(answer, query["offset"])

    def _parse(self, answer: Any, offset: str) -> _Page:
        try:
            total, results = answer["pagination"]["total"], answer["results"]
        except (KeyError, TypeError, IndexError):
            total = results = None
        if not isinstance(total, int) or not isinstance(results, list):
            raise ForgeError(f"{self._client.shown}: the answer is not a list of modules", ASK_URL)
        # An entry without a name still counts; its placeholder cannot pass for a slug.
        return _Page(total, tuple(_name(one, f"{offset}+{n}") for n, one in enumerate(results)))


def _since(moment: datetime) -> dict[str, str]:
    return {"with_release_since": f"{moment:%Y-%m-%d}"}


def _name(entry: Any, position: str) -> str:
    slug = entry.get("slug") if isinstance(entry, dict) else None
    return slug if isinstance(slug, str) else position
