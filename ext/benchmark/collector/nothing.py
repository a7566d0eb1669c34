"""A server whose one route reads a report's bytes and drops them: the baseline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.server import Listener, listening, serve

if TYPE_CHECKING:
    from starlette.requests import Request


async def drop(request: Request) -> JSONResponse:
    async for _ in request.stream():
        pass
    return JSONResponse({"message": "Thank you."})


if __name__ == "__main__":
    listener = Listener(listening("127.0.0.1", 0))
    app = Starlette(routes=[Route("/v1/reports", drop, methods=["POST"])])
    serve(
        app,
        listener,
        Limits(),
        lambda: print(f"ready on {listener.url}", file=sys.stderr, flush=True),
    )
