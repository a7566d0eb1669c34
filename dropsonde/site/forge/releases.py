"""Fetch the releases of one module, and the classes that one of them defines. Imports requests.

``GET /v3/releases`` and ``/v3/files``, as the Forge's specification describes them. Such requests
name a module: who asks, and for what, is decided elsewhere (``site.vocabulary``).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dropsonde.common.errors import ForgeError
from dropsonde.protocol.vocabulary import Release, moment
from dropsonde.schema.model import Domain
from dropsonde.site.forge.cache import parse_time
from dropsonde.site.forge.client import ASK_URL, Client
from dropsonde.site.forge.tarball import MAX_PACKED, TarballError, read_classes

PAGE = 100
MAX_PAGES = 20
# Every field but slug, version, created_at, deleted_at, file_sha256 and file_size.
EXCLUDED = (
    "uri module metadata tags supported pdk validation_score file_uri file_md5 downloads readme "
    "changelog license reference malware_scan tasks plans updated_at deleted_for"
)
_SHA256 = re.compile("[0-9a-f]{64}")


class Listed(NamedTuple):
    """A release and its tarball, as the Forge lists them.

    Attributes:
        release: without its classes.
        sha256: of the tarball.
        size: of the tarball, in bytes.
    """

    release: Release
    sha256: str
    size: int


def list_releases(client: Client, slug: str) -> tuple[Listed, ...]:
    """List a module's published releases; those that were deleted, or have an odd version, are not.

    Raises:
        ForgeError: the Forge cannot be reached, or the answer is not such a list.
    """
    releases: list[Listed] = []
    for page in range(MAX_PAGES):
        query = {
            "module": slug,
            "limit": str(PAGE),
            "offset": str(page * PAGE),
            "sort_by": "release_date",
            "exclude_fields": EXCLUDED,
        }
        answer = client.json(f"/v3/releases?{urlencode(query, quote_via=quote)}")
        try:
            total, results = answer["pagination"]["total"], answer["results"]
            releases += (one for entry in results if (one := _listed(slug, entry)) is not None)
            if (page + 1) * PAGE >= total:
                return tuple(releases)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ForgeError(
                f"{client.shown}: the answer is not a list of releases", ASK_URL
            ) from error
    raise ForgeError(f"{client.shown}: {slug} has more than {MAX_PAGES * PAGE} releases", ASK_URL)


def find_release(client: Client, release: Release) -> Listed:
    """Ask for the digest of a release's tarball.

    Raises:
        ForgeError: the Forge cannot be reached, or the answer is another one.
    """
    query = urlencode({"exclude_fields": EXCLUDED}, quote_via=quote)
    answer = client.json(f"/v3/releases/{release.slug}-{release.version}?{query}")
    try:
        listed = _listed(release.slug, answer)
    except (KeyError, TypeError, AttributeError):
        listed = None
    if listed is None or listed.release != release._replace(classes=None):
        raise ForgeError(
            f"{client.shown}: it tells no digest of {release.slug} {release.version}", ASK_URL
        )
    return listed


def _listed(slug: str, entry: Any) -> Listed | None:
    sha256, size = entry["file_sha256"], entry["file_size"]
    release = published(slug, entry)
    if release is None or not (_SHA256.fullmatch(sha256) and isinstance(size, int)):
        return None
    return Listed(release, sha256, size)


def published(slug: str, entry: Any) -> Release | None:
    """The release in an entry of any of the Forge's lists.

    None for one that was deleted, is another module's, or has an odd version or time.
    """
    if not isinstance(entry, dict) or entry.get("deleted_at") is not None:
        return None
    version, created = entry.get("version"), entry.get("created_at")
    if not isinstance(version, str) or not isinstance(created, str):
        return None
    when = parse_time(created)
    if when is None or entry.get("slug") != f"{slug}-{version}":
        return None
    return Release(slug, moment(when), version, None) if Domain.VERSION.admits(version) else None


def fetch_classes(client: Client, listed: Listed) -> frozenset[str]:
    """Fetch a release's tarball, and read the classes that it defines.

    Raises:
        ForgeError: the Forge cannot be reached.
        TarballError: the tarball cannot be used.
    """
    if listed.size > MAX_PACKED:
        raise TarballError("it is too large")
    release = listed.release
    path = f"/v3/files/{release.slug}-{release.version}.tar.gz"
    return client.stream(path, lambda pieces: read_classes(pieces, release.module, listed.sha256))
