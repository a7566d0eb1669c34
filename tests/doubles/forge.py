"""A Forge on loopback: a real HTTP server that answers as the Forge's specification says.

It has ``/v3/modules``, and ``/v3/releases`` and ``/v3/files`` of what tests upload.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit
from zlib import crc32

from tests.doubles.forge_releases import (
    LONG,
    PACIFIC,
    Upload,
    forge_time,
    release_page,
    upload_entry,
)
from tests.doubles.loopback import Handler, Loopback

BIRTH = datetime(2019, 9, 19, 18, 47, 13, tzinfo=timezone.utc)
README, CHANGELOG, LICENSE = (
    (f"## {title}\n\n" + "Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n" * lines)
    for title, lines in (("Usage", 400), ("2.1.0", 220), ("Apache License", 190))
)


class Request(NamedTuple):
    """A client's request."""

    path: str
    query: dict[str, str]
    headers: Message


@dataclass(frozen=True)
class Fault:
    """The faults of one request; without any field set, none.

    Attributes:
        before: called before the answer is made, to change the Forge in mid-crawl.
        stall: waited for before the answer is sent; set when the server stops.
        status: answered in place of the list, with ``headers``.
        body: sent in place of the list.
        total: sent in place of the real total.
        cut: close the connection in the middle of the body.
    """

    before: Callable[[], object] | None = None
    stall: threading.Event | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    total: int | None = None
    cut: bool = False


def names(count: int) -> list[str]:
    """Make up module names."""
    return [f"author{number % 97:02}-module_{number:05}" for number in range(count)]


class LoopbackForge(Loopback):
    """A Forge with made-up modules.

    Attributes:
        released: module → its latest release; the module list itself, which tests may change.
        deprecated: module → since when, and what its owner names in its place.
        uploads: the releases with their tarballs, in the order of their upload.
        requests: all requests, in order.
        faults: number of the request (from 0) → its faults.
        bytes_sent: size of all bodies, as sent.
    """

    def __init__(self, modules: Iterable[str] = ()) -> None:
        self.released = dict.fromkeys(modules, BIRTH)
        self.deprecated: dict[str, tuple[datetime, str | None]] = {}
        self.uploads: list[Upload] = []
        self.requests: list[Request] = []
        self.faults: dict[int, Fault] = {}
        self.bytes_sent = 0
        self._lock = threading.Lock()
        super().__init__(_Handler)

    def end(self) -> None:
        for fault in self.faults.values():
            if fault.stall:
                fault.stall.set()

    def publish(self, slug: str, when: datetime) -> None:
        """Release a version of a module, new or old."""
        self.released[slug] = when

    def upload(self, slug: str, version: str, tarball: bytes, when: datetime = BIRTH) -> None:
        """Publish a release with its tarball."""
        self.uploads.append(Upload(slug, version, when, tarball))
        self.released[slug] = max(when, self.released.get(slug, when))

    def received(self, request: Request) -> Fault:
        """Record a request; return its fault."""
        with self._lock:
            self.requests.append(request)
            return self.faults.get(len(self.requests) - 1, Fault())

    def sent(self, count: int) -> None:
        """Count bytes that were sent."""
        with self._lock:
            self.bytes_sent += count

    def changed_since(self, moment: datetime) -> bool:
        """Tell whether any module had a release since."""
        return any(released >= moment for released in self.released.values())

    def answered(self, request: Request, fault: Fault) -> dict[str, Any]:
        """Make the document of a path."""
        if request.path == "/v3/modules":
            return self.answer(request.query, fault.total)
        if request.path == "/v3/releases":
            return release_page(self.uploads, request.query)
        wanted = request.path.rpartition("/")[2]
        excluded = set(request.query.get("exclude_fields", "").split())
        return next(
            upload_entry(one, excluded)
            for one in self.uploads
            if f"{one.slug}-{one.version}" == wanted
        )

    def answer(self, query: dict[str, str], told_total: int | None) -> dict[str, Any]:
        """Make a page of the list."""
        limit, offset = int(query.get("limit", "20")), int(query.get("offset", "0"))
        modules = list(self.released.items())
        if "with_release_since" in query:
            day = datetime.strptime(query["with_release_since"], "%Y-%m-%d").replace(tzinfo=PACIFIC)
            modules = [(slug, released) for slug, released in modules if released >= day]
        if query.get("sort_by") == "latest_release":
            modules.sort(key=lambda item: item[1], reverse=True)
        excluded = set(query.get("exclude_fields", "").split())
        total = len(modules) if told_total is None else told_total
        return {
            "pagination": _pagination(query, limit, offset, total),
            "results": [
                _module(slug, released, self._of_module(slug, released), excluded)
                for slug, released in modules[offset : offset + limit]
            ],
        }

    def _of_module(self, slug: str, released: datetime) -> dict[str, Any]:
        """What differs from one module to another, in the form of the Forge's specification."""
        since, successor = self.deprecated.get(slug, (None, None))
        other = successor and {"uri": f"/v3/modules/{successor}", "slug": successor}
        return {
            "deprecated_at": since and forge_time(since),
            "superseded_by": other,
            "releases": self._releases(slug, released),
        }

    def _releases(self, slug: str, released: datetime) -> list[dict[str, Any]]:
        """A module's releases; a made-up one where none was uploaded."""
        short = set(LONG) | {"file_sha256", "file_md5"}
        uploads = [one for one in self.uploads if one.slug == slug]
        if not any(uploads):
            return [_release(slug, released)] if not self.uploads else []
        return [upload_entry(one, short) for one in uploads]


def _pagination(query: dict[str, str], limit: int, offset: int, total: int) -> dict[str, Any]:
    def page(start: int) -> str | None:
        if not 0 <= start < max(total, 1):
            return None
        return f"/v3/modules?{urlencode({**query, 'limit': limit, 'offset': start})}"

    return {
        "limit": limit,
        "offset": offset,
        "first": page(0),
        "previous": page(offset - limit),
        "current": page(offset),
        "next": page(offset + limit),
        "total": total,
    }


def _module(
    slug: str, released: datetime, own: dict[str, Any], excluded: set[str]
) -> dict[str, Any]:
    """Make a module's fields, 47 kB in total; the long ones only if they are not excluded."""
    name = slug.partition("-")[2]
    fields: dict[str, Any] = {
        "uri": f"/v3/modules/{slug}",
        "slug": slug,
        "name": name,
        "downloads": crc32(slug.encode()) % 10_000_000,
        "created_at": forge_time(BIRTH),
        "updated_at": forge_time(released),
        "deprecated_for": None,
        "supported": False,
        "endorsement": None,
        "module_group": "base",
        "owner": _owner(slug),
        "premium": False,
        "feedback_score": None,
        "homepage_url": f"https://code.example/{slug}",
        "issues_url": f"https://code.example/{slug}/issues",
    }
    if "current_release" not in excluded:
        fields["current_release"] = _release(slug, released) | {
            "module": {"uri": fields["uri"], "slug": slug, "name": name, "owner": _owner(slug)},
            "metadata": {"name": slug, "version": "2.1.0", "dependencies": []},
            "tags": ["debian", "linux"],
            "readme": README,
            "changelog": CHANGELOG,
            "license": LICENSE,
            "reference": None,
            "tasks": [],
            "plans": [],
        }
    return {key: value for key, value in {**fields, **own}.items() if key not in excluded}


def _owner(slug: str) -> dict[str, str]:
    user = slug.partition("-")[0]
    return {"uri": f"/v3/users/{user}", "slug": user, "username": user, "gravatar_id": "0" * 32}


def _release(slug: str, released: datetime) -> dict[str, Any]:
    return {
        "uri": f"/v3/releases/{slug}-2.1.0",
        "slug": f"{slug}-2.1.0",
        "version": "2.1.0",
        "supported": False,
        "created_at": forge_time(released),
        "deleted_at": None,
        "file_uri": f"/v3/files/{slug}-2.1.0.tar.gz",
        "file_size": 42806,
    }


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    double: LoopbackForge

    def answer(self) -> None:
        parts = urlsplit(self.path)
        request = Request(parts.path, dict(parse_qsl(parts.query)), self.headers)
        fault = self.double.received(request)
        if fault.before:
            fault.before()
        if fault.stall:
            fault.stall.wait()
        try:
            self._answer(request, fault)
        except ConnectionError:  # the client has disconnected
            self.close_connection = True

    def _answer(self, request: Request, fault: Fault) -> None:
        if fault.status:
            self._send(fault.status, b'{"message": "as told"}', dict(fault.headers))
        elif not self.headers.get("User-Agent"):
            self._refuse(403, "Please set the User-Agent header")
        elif request.path.startswith("/v3/files/"):
            self._file(request.path.rpartition("/")[2], fault)
        elif not request.path.startswith(("/v3/modules", "/v3/releases")):
            self._refuse(404, "The requested resource could not be found")
        elif not 1 <= int(request.query.get("limit", "20")) <= 100:
            self._refuse(400, "limit must be from 1 to 100")
        elif self._unchanged(request):
            self._send(304, b"", {})
        else:
            answer = self.double.answered(request, fault)
            body = json.dumps(answer).encode() if fault.body is None else fault.body
            self._send(200, body, {}, cut=fault.cut)

    def _file(self, name: str, fault: Fault) -> None:
        for upload in self.double.uploads:
            if name == f"{upload.slug}-{upload.version}.tar.gz":
                body = upload.tarball if fault.body is None else fault.body
                self._send(200, body, {}, cut=fault.cut)
                return
        self._refuse(404, "The requested resource could not be found")

    def _unchanged(self, request: Request) -> bool:
        since = request.headers.get("If-Modified-Since")
        if since is None:
            return False
        return not self.double.changed_since(parsedate_to_datetime(since))

    def _refuse(self, status: int, why: str) -> None:
        self._send(status, json.dumps({"message": str(status), "errors": [why]}).encode(), {})

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        if "gzip" in self.headers.get("Accept-Encoding", "") and body:
            body = gzip.compress(body, compresslevel=1)
            headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", format_datetime(BIRTH, usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if cut:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.double.sent(len(body))  # before: who has read the body may look at once
        self.wfile.write(body)
