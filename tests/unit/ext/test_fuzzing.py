"""The fuzzer runs, finds what there is to find, and says how to find it again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from ext.fuzzing import main as fuzzing
from ext.fuzzing.asgi import Request
from ext.fuzzing.checks import FoundError, watching
from tests.unit.collector.intake.reports import SITE_ID
from tests.unit.collector.web.serving import REPORT, application

if TYPE_CHECKING:
    from starlette.requests import Request as Asked
    from starlette.types import ASGIApp

    from dropsonde.collector.web.app import Parts

    Answering = Callable[[Asked], Awaitable[Response]]

log = logging.getLogger("dropsonde.collector.test")


def test_a_small_round_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    number = random.SystemRandom().randrange(10**9)
    found = fuzzing.main(["--minutes", "0", "--examples", "60", "--seed", str(number)])
    printed = capsys.readouterr()
    assert (found, printed.out, printed.err) == (
        0,
        f"Nothing found in 1 rounds, seeds {number} to {number}.\n",
        "",
    )


async def fails(_: Asked) -> Response:
    return Response(status_code=503)


async def echoes(request: Asked) -> Response:
    return Response(await request.body())


async def tells_in_a_header(request: Asked) -> Response:
    body = await request.body()
    return Response(headers={"X-Seen": SITE_ID} if SITE_ID.encode() in body else {})


async def logs(_: Asked) -> Response:
    log.info("a report came")
    return Response()


async def raises(_: Asked) -> Response:
    raise KeyError


BAD = (fails, echoes, tells_in_a_header, logs, raises)


def app_of(answering: Answering) -> ASGIApp:
    return Starlette(routes=[Route("/{path:path}", answering, methods=["POST"])])


@pytest.mark.parametrize("answering", BAD)
def test_what_must_not_happen_is_found(answering: Answering) -> None:
    headers = ((b"content-type", b"application/json"),)
    request = Request("POST", "/", headers, (REPORT[:10], REPORT[10:]), cut=False)
    loop = asyncio.new_event_loop()
    with (
        contextlib.closing(loop),
        watching() as watch,
        pytest.raises(KeyError if answering is raises else FoundError),
    ):
        fuzzing.check(app_of(answering), loop, watch, request)


def test_and_can_be_found_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextlib.contextmanager
    def broken(directory: Path, *_: object) -> Iterator[tuple[ASGIApp, Parts]]:
        with application(directory) as (whole, parts):

            async def app(scope: Any, receive: Any, send: Any) -> None:
                used = whole if scope["type"] == "lifespan" else app_of(fails)
                await used(scope, receive, send)

            yield app, parts

    monkeypatch.setattr(fuzzing, "application", broken)
    outputs = []
    for _turn in range(2):
        assert fuzzing.main(["--minutes", "1", "--examples", "9", "--seed", "7"]) == 1
        printed = capsys.readouterr()
        assert printed.out.endswith("Again: ext/fuzz.py --minutes 0 --seed 7 --examples 9\n")
        outputs.append(printed.err[printed.err.index("Failing test case") :])
    assert outputs[0] == outputs[1]
