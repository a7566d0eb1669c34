"""The releases of the Forge on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

PACIFIC = timezone(timedelta(hours=-8))  # the zone of the Forge's times
# The largest fields of a release, in bytes, as recorded from the Forge.
LONG = {"readme": 40_000, "changelog": 23_000, "license": 11_000}


class Upload(NamedTuple):
    """A release with its tarball.

    Attributes:
        deleted: whether its author deleted it.
    """

    slug: str
    version: str
    when: datetime
    tarball: bytes
    deleted: bool = False


def release_page(uploads: Sequence[Upload], query: Mapping[str, str]) -> dict[str, Any]:
    """A page of ``/v3/releases``: those of one module, the newest first."""
    module = query.get("module")
    chosen = [one for one in uploads if module in (None, one.slug) and not one.deleted]
    chosen.sort(key=lambda one: one.when, reverse=True)
    limit, offset = int(query.get("limit", "20")), int(query.get("offset", "0"))
    excluded = set(query.get("exclude_fields", "").split())
    return {
        "pagination": {"limit": limit, "offset": offset, "total": len(chosen)},
        "results": [upload_entry(one, excluded) for one in chosen[offset : offset + limit]],
    }


def upload_entry(upload: Upload, excluded: set[str]) -> dict[str, Any]:
    """The fields of a release."""
    slug, version = upload.slug, upload.version
    fields: dict[str, Any] = {
        "uri": f"/v3/releases/{slug}-{version}",
        "slug": f"{slug}-{version}",
        "module": {"uri": f"/v3/modules/{slug}", "slug": slug, "name": slug.partition("-")[2]},
        "version": version,
        "metadata": {"name": slug, "version": version, "dependencies": []},
        "file_uri": f"/v3/files/{slug}-{version}.tar.gz",
        "file_size": len(upload.tarball),
        "file_md5": hashlib.md5(upload.tarball, usedforsecurity=False).hexdigest(),
        "file_sha256": hashlib.sha256(upload.tarball).hexdigest(),
        "downloads": 12_782,
        "created_at": forge_time(upload.when),
        "updated_at": forge_time(upload.when),
        "deleted_at": None,
        "deleted_for": None,
        **{name: "x" * size for name, size in LONG.items()},
    }
    return {name: value for name, value in fields.items() if name not in excluded}


def forge_time(moment: datetime) -> str:
    """A time as the Forge writes it."""
    return f"{moment.astimezone(PACIFIC):%Y-%m-%d %H:%M:%S %z}"
