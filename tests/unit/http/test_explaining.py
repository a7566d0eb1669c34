"""What is said of faults on the way."""

from __future__ import annotations

import socket

import pytest
import requests

from dropsonde import http
from tests.doubles.forge import Fault, LoopbackForge
from tests.unit.http.answering import Answer, serving


def test_explains_what_happens_on_the_way(client: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with http.session(retries=0) as hasty, pytest.raises(requests.ConnectionError) as timeout:
            hasty.get(silent, timeout=0.05)
    with pytest.raises(requests.ConnectionError) as refused:
        client.get(silent)
    with pytest.raises(requests.ConnectionError) as unknown:
        client.get("http://no-such-host.invalid/")
    with pytest.raises(requests.RequestException) as unusable:
        client.get("forge")
    assert http.explain(timeout.value, silent)[0] == f"{silent}: no answer in time"
    assert http.explain(refused.value, silent)[0] == f"{silent}: the connection was refused"
    assert "cannot be resolved" in http.explain(unknown.value, "http://no-such-host.invalid/")[0]
    assert "not a usable URL" in http.explain(unusable.value, silent)[0]


def test_explains_half_an_answer(client: requests.Session) -> None:
    with LoopbackForge(["a-b"]) as forge:
        forge.faults[0] = Fault(cut=True)
        with pytest.raises(requests.RequestException) as raised:
            client.get(f"{forge.url}/v3/modules")
    assert "before the answer was complete" in http.explain(raised.value, forge.url)[0]


def test_explains_what_is_not_json(client: requests.Session) -> None:
    with LoopbackForge(["a-b"]) as forge:
        forge.faults[0] = Fault(body=b"<html>")
        with pytest.raises(requests.JSONDecodeError) as raised:
            client.get(f"{forge.url}/v3/modules").json()
    assert "not JSON" in http.explain(raised.value, forge.url)[0]


@pytest.mark.parametrize(
    ("status", "message", "advice"),
    [
        (401, "answered 401 (Unauthorized)", "check the user and password"),
        (403, "answered 403 (Forbidden)", "allowed there"),
        (404, "answered 404 (Not Found)", "check the address"),
        (418, "answered 418", "check the address"),
        (599, "answered 599 (an unknown status)", "try again later"),
        (429, "answered 429 (Too Many Requests)", "try again in 90 seconds"),
    ],
)
def test_explains_a_status(
    client: requests.Session, status: int, message: str, advice: str
) -> None:
    headers = (("Retry-After", "90"),) if status == 429 else ()
    with (
        serving(lambda _path: Answer(status, headers)) as server,
        pytest.raises(requests.HTTPError) as raised,
    ):
        client.get(server.url).raise_for_status()
    what, found = http.explain(raised.value, server.url)
    assert message in what
    assert advice in found
