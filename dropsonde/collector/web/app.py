"""The collector as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dropsonde.collector.web.background import Upkeep
from dropsonde.collector.web.checking import Checking
from dropsonde.collector.web.commits import Commits
from dropsonde.collector.web.counters import Counters
from dropsonde.collector.web.deletion import Sites
from dropsonde.collector.web.health import Health
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.new_sites import NewSites
from dropsonde.collector.web.openapi import document
from dropsonde.collector.web.rate_limit import RateLimit, Throttle
from dropsonde.collector.web.reports import Announcement, Reports
from dropsonde.collector.web.responses import refused, unavailable
from dropsonde.collector.web.vocabulary import ServedVocabulary
from dropsonde.collector.workers.pool import Pool
from dropsonde.common.errors import StoreUnavailableError
from dropsonde.protocol import about, served_vocabulary
from dropsonde.protocol.about import About

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dropsonde.collector.intake.vocabulary import Vocabularies
    from dropsonde.collector.store import Store
    from dropsonde.collector.web.signing_key import Key
    from dropsonde.schema.model import Column

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """The parts of an application.

    Args:
        store: the open store.
        vocabularies: what reports are checked against, and the vocabulary that is served.
        key: signs receipts and the vocabulary.
        columns: the newest version's, for the OpenAPI schema of a report.
        dataset: its name in what the key signs.
        clock: gives the time (aware).
        monotonic: a clock of seconds that never goes back.
        announcement: of a newer probe.
        about: who runs the collector.
        limits: for clients.
        retain: days after which a week is dropped.
        deletion_by_id: whether a site's id suffices for its deletion.
        counters: the port that serves only the metrics; None to serve none.
        workers: processes that check reports.
    """

    store: Store
    vocabularies: Vocabularies
    key: Key
    columns: Sequence[Column]
    dataset: str
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    announcement: Announcement = field(default_factory=Announcement)
    about: About = field(default_factory=About)
    limits: Limits = field(default_factory=Limits)
    retain: int = 60
    deletion_by_id: bool = False
    counters: int | None = None
    workers: int = 1


def make_app(parts: Parts) -> ASGIApp:
    """Build the application; it maintains the store in the background while it runs."""
    counters = Counters()
    sites = Sites(parts.store, parts.limits.deletion, parts.monotonic, by_id=parts.deletion_by_id)
    rate_limit = RateLimit(parts.limits, parts.monotonic)
    vocabularies = parts.vocabularies
    pool = Pool(parts.workers, lambda: vocabularies.words, counters.replaced)
    new_sites = NewSites(parts.store.known, parts.limits)
    commits = Commits()
    parts.store.watch(commits.ended)
    reports = Reports(
        checking=Checking(pool, rate_limit),
        new_sites=new_sites,
        store=parts.store,
        commits=commits,
        key=parts.key,
        dataset=parts.dataset,
        announcement=parts.announcement,
        counters=counters,
        clock=parts.clock,
        monotonic=parts.monotonic,
        seconds=parts.limits.body,
    )
    vocabulary = ServedVocabulary(vocabularies, parts.key, parts.dataset, rate_limit)
    upkeep = Upkeep(
        store=parts.store,
        retain=parts.retain,
        clock=parts.clock,
        refresh=vocabularies.refresh,
        known=lambda: new_sites.look(parts.clock()),
    )
    health = Health(parts.store.condition, pool)
    looks = _Looks(parts, counters)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool.running(), upkeep.running(), health.running():
            yield

    async def gone(_: Request, __: Exception) -> Response:
        counters.refused("gone")
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # the client is gone

    app = Starlette(
        routes=[
            Route("/", reports.post, methods=["POST"]),
            Route("/v1/reports", reports.post, methods=["POST"]),
            Route("/v1/sites/{site_id}", sites.delete, methods=["DELETE"]),
            Route("/v1/key", looks.key),
            Route(served_vocabulary.PATH, vocabulary.get),
            Route(about.PATH, looks.about),
            Route("/healthz", health.get),
            Route("/openapi.json", looks.document),
        ],
        middleware=[
            Middleware(Throttle, rate_limit, counters),
        ],
        exception_handlers={HTTPException: refused, ClientDisconnect: gone, Exception: refused},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a Location must not hold a site id
    own_port = Starlette(
        routes=[Route("/metrics", looks.metrics)],
        exception_handlers={HTTPException: refused, Exception: refused},
    )
    return _Guard(_Split(app, own_port, parts.counters), counters)


def _uncached(send: Send) -> Send:
    """Tell caches to keep no answer, except one that says itself how long it may be kept."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return told


class _Looks:
    """Handles requests for the key, the operator, the metrics and the OpenAPI document."""

    def __init__(self, parts: Parts, counters: Counters) -> None:
        self._store = parts.store
        self._key = parts.key.public
        self._about = parts.about.to_json()
        self._document = document(parts.columns)
        self._counters = counters

    async def key(self, _: Request) -> Response:
        """The public key that verifies receipts."""
        return Response(self._key, media_type="application/x-pem-file")

    async def about(self, _: Request) -> Response:
        """Who runs the collector, and how long it keeps reports."""
        return JSONResponse(self._about)

    async def metrics(self, _: Request) -> Response:
        """The metrics."""
        depth, aside = await self._depth(), self._store.condition.spools_aside
        text = self._counters.text(depth, aside)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def document(self, _: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(self._document)

    async def _depth(self) -> int:
        try:
            return await asyncio.to_thread(self._store.depth)
        except StoreUnavailableError as error:
            raise unavailable("unavailable", "the store cannot be read") from error


class _Split:
    """Routes requests on the metrics' port to a separate application."""

    def __init__(self, app: ASGIApp, counters: ASGIApp, port: int | None) -> None:
        self._app = app
        self._counters = counters
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        on_counters = self._port is not None and server is not None and server[1] == self._port
        app = self._counters if on_counters and scope["type"] == "http" else self._app
        await app(scope, receive, send)


class _Guard:
    """Logs the place of an unexpected error, and never its data."""

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, _uncached(send))
        except Exception as error:  # noqa: BLE001 - it is already answered; serve other requests
            self._counters.refused("fault")
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = type(error).__name__
            # Neither its text nor the traceback: they may hold parts of a report.
            log.error("unexpected %s in %s, line %s", kind, place.name, place.lineno)  # noqa: TRY400
