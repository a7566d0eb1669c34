"""The vocabulary that a collector serves: the same signed bytes for everybody, and intake's too."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import requests

from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.signing_key import Key
from dropsonde.common.errors import DeliveryError
from dropsonde.delivery.fetching import Offer, fetch
from dropsonde.protocol.served_vocabulary import HEADER, SignedVocabulary
from tests.support.patience import PATIENCE
from tests.unit.collector.intake.reports import report, to_bytes
from tests.unit.collector.web.serving import (
    QUICK,
    VOCABULARY_FILE,
    Served,
    application,
    served,
    vocabulary,
)

if TYPE_CHECKING:
    from starlette.types import Message

PATH = "/v1/vocabulary"
SHA256 = hashlib.sha256(VOCABULARY_FILE).hexdigest()
LARGE = VOCABULARY_FILE + b"".join(
    b"puppetlabs-ntp\t12.0.%d\t2026-01-01T00:00:00Z\t?\n" % number for number in range(100_000)
)


def get(collector: Served, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.get(collector.url + PATH, headers={"accept-encoding": "identity", **named})


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_everybody_gets_the_file_with_a_signature(tmp_path: Path) -> None:
    vocabulary(tmp_path)
    with served(tmp_path) as collector:
        plain, packed = get(collector), get(collector, accept_encoding="gzip")
        key = collector.get("/v1/key").content
        raw = httpx.Client().build_request(
            "GET", collector.url + PATH, headers={"accept-encoding": "gzip"}
        )
        with httpx.Client() as client:
            answer = client.send(raw, stream=True)
            wire = b"".join(answer.iter_raw())
    assert plain.content == packed.content == VOCABULARY_FILE
    assert plain.headers["Content-Length"] == str(len(VOCABULARY_FILE))
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(wire) == VOCABULARY_FILE
    assert packed.headers["Content-Length"] == str(len(wire))
    assert plain.headers["ETag"] == f'"{SHA256}"'
    assert packed.headers["ETag"] == f'"{SHA256}-gzip"'
    for answer in (plain, packed):
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        statement = SignedVocabulary.from_header(answer.headers[HEADER])
        assert statement.verify(key)
        assert (statement.dataset, statement.sha256) == ("test", SHA256)


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_it_is_compressed_for_who_can_read_that(
    tmp_path: Path, accepted: str, packed: bool
) -> None:
    vocabulary(tmp_path)
    with served(tmp_path) as collector:
        answer = get(collector, accept_encoding=accepted)
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert answer.content == VOCABULARY_FILE


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f'"{SHA256}"', 304),
        (f'"{SHA256}-gzip"', 304),
        (f'W/"{SHA256}"', 304),
        (f'"x", W/"y,z" ,"{SHA256}"', 304),
        ("*", 304),
        (SHA256, 200),
        (f'"{SHA256.upper()}"', 200),
        (f'"x{SHA256}"', 200),
        ('"x", "*"', 200),
        ("", 200),
        ('"' * 2000, 200),
    ],
)
def test_a_client_that_has_it_gets_nothing_again(tmp_path: Path, sent: str, status: int) -> None:
    vocabulary(tmp_path)
    with served(tmp_path) as collector:
        answer = get(collector, if_none_match=sent)
    assert answer.status_code == status
    assert answer.content == (b"" if status == 304 else VOCABULARY_FILE)
    assert answer.headers["ETag"] == f'"{SHA256}"'
    assert SignedVocabulary.from_header(answer.headers[HEADER]).sha256 == SHA256


def test_a_collector_without_one_says_so(tmp_path: Path) -> None:
    with served(tmp_path) as collector:
        answer = get(collector)
    assert (answer.status_code, answer.json()) == (
        404,
        {"message": "this collector serves no vocabulary"},
    )
    assert HEADER not in answer.headers
    assert answer.headers.get_list("Cache-Control") == ["no-store"]


def test_what_intake_drops_is_counted_and_told(tmp_path: Path) -> None:
    vocabulary(tmp_path)
    rows = [{"name": "ntp"}, {"name": "ntp::acme"}, {"name": "ntp::config"}]
    modules = [
        {"name": "ntp", "slug": "puppetlabs-ntp", "version": version}
        for version in (None, "9.2.2", "9.9.9")
    ]
    with served(tmp_path) as collector:
        answer = collector.post(to_bytes(report({"unused_classes": rows, "modules": modules})))
        (stored,) = collector.rows("unused_classes, modules")
        counted = collector.metrics().text
    assert answer.json()["message"] == (
        "Thank you. Some rows were not kept (unpublished_class: 1, unpublished_version: 1)."
    )
    assert stored == ([rows[0], rows[2]], modules[:2])
    for reason in ("unpublished_class", "unpublished_version"):
        assert f'dropsonde_rows_dropped_total{{reason="{reason}"}} 1.0' in counted


def test_a_new_file_is_served_and_checked_against_and_a_bad_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = to_bytes(report({"unused_classes": [{"name": "ntp::acme"}]}))
    with served(tmp_path) as collector:
        assert collector.post(data).json()["message"] == "Thank you."
        path = vocabulary(tmp_path)
        until(lambda: get(collector).status_code == 200)
        until(lambda: "unpublished_class: 1" in collector.post(data).json()["message"])
        newer = VOCABULARY_FILE.replace(b"ntp::config", b"ntp::acme")
        vocabulary(tmp_path, newer)
        until(lambda: get(collector, if_none_match=f'"{SHA256}"').status_code == 200)
        assert get(collector).content == newer
        until(lambda: collector.post(data).json()["message"] == "Thank you.")
        vocabulary(tmp_path, newer[:-1])
        until(lambda: "former vocabulary stays in force" in caplog.text)
        assert get(collector).content == newer
        path.unlink()
        until(lambda: "there is no vocabulary" in caplog.text)
        assert get(collector).content == newer


def test_a_reader_that_stands_still_holds_up_no_report(tmp_path: Path) -> None:
    vocabulary(tmp_path, LARGE)
    request = f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with served(tmp_path) as collector:
        still = [collector.connect() for _ in range(20)]
        for connection in still:
            connection.sendall(request)
        assert all(connection.recv(12) == b"HTTP/1.1 200" for connection in still)
        assert collector.post().status_code == 200
        assert get(collector).content == LARGE
        for connection in still:
            connection.close()
        assert collector.post().status_code == 200


def test_it_goes_out_in_pieces(tmp_path: Path) -> None:
    """Each reader waits with a piece of its own: the file is in memory once."""
    vocabulary(tmp_path, LARGE)
    scope = {
        "type": "http",
        "method": "GET",
        "path": PATH,
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    pieces: list[bytes] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # the client stays
        raise AssertionError

    async def send(message: Message) -> None:
        pieces.append(bytes(message.get("body", b"")))

    with application(tmp_path) as (app, _):
        asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine
    assert b"".join(pieces) == LARGE
    assert max(map(len, pieces)) == 64 << 10


def test_each_mebibyte_counts_as_a_request(tmp_path: Path) -> None:
    vocabulary(tmp_path, LARGE)
    limits = Limits(**{**QUICK._asdict(), "rate": 0.001, "burst": 6})
    cost = len(LARGE) / (1 << 20)
    assert 4 < cost < 6
    with served(tmp_path, limits) as collector:
        etag = get(collector).headers["ETag"]
        last = get(collector, if_none_match=etag)
        assert (last.status_code, get(collector).status_code) == (304, 429)


def test_the_probe_takes_what_is_served_and_asks_for_it_once(tmp_path: Path) -> None:
    vocabulary(tmp_path, LARGE)
    with served(tmp_path) as collector:

        def ask(here: bytes | None, key: bytes) -> Offer:
            forge = "https://forgeapi.puppet.com"
            return fetch(requests.Session, collector.url, here=here, forge=forge, key=key)

        first = ask(None, collector.key.public)
        assert (first.offered, first.data) == (True, LARGE)
        assert first.bytes < len(LARGE) / 4
        assert ask(LARGE, collector.key.public) == Offer(offered=True, data=None, bytes=0)
        assert ask(VOCABULARY_FILE, collector.key.public).data == LARGE
        other = Key.load_or_make(tmp_path)
        with pytest.raises(DeliveryError, match="not signed by the key"):
            ask(None, other.public)
    (tmp_path / "none").mkdir()
    with served(tmp_path / "none") as collector:
        assert ask(LARGE, collector.key.public) == Offer(offered=False, data=None, bytes=0)


def test_the_answer_for_two_sites_differs_in_nothing(tmp_path: Path) -> None:
    vocabulary(tmp_path)
    with served(tmp_path) as collector:
        answers = [get(collector, user_agent=agent) for agent in ("a", "b")]
    first, second = [
        {name: value for name, value in answer.headers.items() if name != "date"}
        for answer in answers
    ]
    assert json.dumps(first) == json.dumps(second)
    assert answers[0].content == answers[1].content
