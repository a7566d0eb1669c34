"""Fetch the names of all modules, or of those released since a day; or the releases of all.

``GET /v3/modules``, as its specification (``/v3/openapi.json``) describes it. Imports requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from dropsonde.common.errors import ForgeError
from dropsonde.site.forge.client import ASK_URL, Client
from dropsonde.site.forge.deprecated import deprecated
from dropsonde.site.forge.listing import public_slugs
from dropsonde.site.forge.releases import published

if TYPE_CHECKING:
    from dropsonde.protocol.vocabulary import Release
    from dropsonde.site.forge.deprecated import Deprecated

PAGE = 100  # modules a request; the API gives no more
# Every field but the slug: a module has 47 kB otherwise.
EXCLUDED = (
    "uri name downloads created_at updated_at deprecated_at deprecated_for superseded_by supported "
    "endorsement module_group owner premium current_release releases feedback_score homepage_url "
    "issues_url"
)
_FOR_COLLECTORS = ("deprecated_at", "superseded_by", "releases")  # probes need the slug alone
QUERY = {
    "limit": str(PAGE),
    # The most stable order: by downloads, modules change places all the time.
    "sort_by": "latest_release",
}

Entries = dict[str, Any]  # slug to what the Forge tells of the module


class OfCollector(NamedTuple):
    """A module as a collector needs it.

    Attributes:
        releases: without their classes.
        deprecated: None if it is not.
    """

    releases: tuple[Release, ...]
    deprecated: Deprecated | None


class _Page(NamedTuple):
    total: int
    entries: Entries


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
        return public_slugs(frozenset(self._all(now, EXCLUDED)))

    def all_releases(self, now: datetime) -> dict[str, OfCollector]:
        """Fetch the releases of all modules, without their classes.

        Raises:
            ForgeError: as of :meth:`all_modules`.
        """
        excluded = [name for name in EXCLUDED.split() if name not in _FOR_COLLECTORS]
        entries = self._all(now, " ".join(excluded))
        return {
            slug: OfCollector(_releases(slug, entries[slug]), deprecated(entries[slug]))
            for slug in public_slugs(frozenset(entries))
        }

    def _all(self, now: datetime, excluded: str) -> Entries:
        for _attempt in range(2):
            entries = self._every_page(now, excluded)
            if entries is not None:
                return entries
        raise ForgeError(
            f"{self._client.shown}: the list is shorter than announced or changes while it is read",
            "try again later",
        )

    def _every_page(self, now: datetime, excluded: str) -> Entries | None:
        """Read all pages; None when a module may be missing."""
        entries: Entries = {}
        total = 0
        for page in self._pages({}, excluded):
            if page.total < total:
                return None  # one was removed, so another has moved to a page already read
            total = page.total
            entries.update(page.entries)
            self._progress(min(len(entries), total), total)
        if len(entries) < total:
            for page in self._pages(_since(now), excluded):
                entries.update(page.entries)
        return entries if len(entries) >= total else None

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
        for page in self._pages(_since(moment), EXCLUDED, headers):
            names.update(page.entries)
            self._progress(min(len(names), page.total), page.total)
        return public_slugs(frozenset(names))

    def _pages(
        self, query: Mapping[str, str], excluded: str, headers: Mapping[str, str] | None = None
    ) -> Iterator[_Page]:
        """Page through a result by computed offsets; never follow a URL from an answer."""
        offset = 0
        while True:
            asked = {**QUERY, "exclude_fields": excluded, **query, "offset": str(offset)}
            page, count = self._page(asked, headers)
            yield page
            offset += count
            if not count or offset >= page.total:
                return

    def _page(
        self, query: Mapping[str, str], headers: Mapping[str, str] | None
    ) -> tuple[_Page, int]:
        """A page, and the number of its entries."""
        answer = self._client.json(f"/v3/modules?{urlencode(query, quote_via=quote)}", headers)
        if answer is None:
            return _Page(0, {}), 0
        try:
            total, results = answer["pagination"]["total"], answer["results"]
        except (KeyError, TypeError, IndexError):
            total = results = None
        if not isinstance(total, int) or not isinstance(results, list):
            raise ForgeError(f"{self._client.shown}: the answer is not a list of modules", ASK_URL)
        # An entry without a name still counts; its placeholder cannot pass for a slug.
        offset = query["offset"]
        entries = {_name(one, f"{offset}+{n}"): one for n, one in enumerate(results)}
        return _Page(total, entries), len(results)


def _since(moment: datetime) -> dict[str, str]:
    return {"with_release_since": f"{moment:%Y-%m-%d}"}


def _name(entry: Any, position: str) -> str:
    slug = entry.get("slug") if isinstance(entry, dict) else None
    return slug if isinstance(slug, str) else position


def _releases(slug: str, entry: Any) -> tuple[Release, ...]:
    """A module's published releases; those that were deleted, or have an odd version, are not."""
    listed = entry.get("releases") if isinstance(entry, dict) else None
    found = (published(slug, one) for one in (listed if isinstance(listed, list) else ()))
    return tuple(release for release in found if release is not None)
