"""What is tried again, and what is followed."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests

from dropsonde import http
from tests.doubles.forge import Fault, LoopbackForge
from tests.unit.http.answering import Answer, redirect, serving


def test_says_honestly_who_it_is(client: requests.Session) -> None:
    with serving() as server:
        client.get(server.url)
    assert server.came[0][2]["User-Agent"].startswith("dropsonde/")
    assert "Python requests" in server.came[0][2]["User-Agent"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_tries_again(client: requests.Session, status: int) -> None:
    with LoopbackForge(["a-b"]) as forge:
        forge.faults = dict.fromkeys(range(3), Fault(status=status))
        assert client.get(f"{forge.url}/v3/modules").status_code == 200
    assert len(forge.requests) == 4


def test_gives_up_with_the_last_answer(client: requests.Session) -> None:
    with LoopbackForge() as forge:
        forge.faults = dict.fromkeys(range(9), Fault(status=503))
        assert client.get(forge.url).status_code == 503
    assert len(forge.requests) == 4


def test_tries_no_other_method_again(client: requests.Session) -> None:
    with serving(lambda _path: Answer(503, (("Retry-After", "0"),))) as server:
        assert client.post(server.url, data=b"x").status_code == 503
    assert len(server.came) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
def test_tries_no_other_status_again(client: requests.Session, status: int) -> None:
    with serving(lambda _path: Answer(status)) as server:
        assert client.get(server.url).status_code == status
    assert len(server.came) == 1


@pytest.mark.parametrize("retry_after", ["0", "Thu, 01 Jan 1970 00:00:00 GMT", "soon"])
def test_any_form_of_retry_after_will_do(client: requests.Session, retry_after: str) -> None:
    with LoopbackForge(["a-b"]) as forge:
        forge.faults[0] = Fault(status=429, headers=(("Retry-After", retry_after),))
        assert client.get(f"{forge.url}/v3/modules").status_code == 200


@pytest.mark.parametrize("as_date", [False, True])
def test_does_not_wait_for_long(client: requests.Session, *, as_date: bool) -> None:
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    value = format_datetime(later, usegmt=True) if as_date else "61"
    with LoopbackForge() as forge:
        forge.faults[0] = Fault(status=503, headers=(("Retry-After", value),))
        assert client.get(forge.url).status_code == 503
    assert len(forge.requests) == 1


@pytest.mark.parametrize(
    "value",
    [
        "9" * 4000,
        "9" * 5000,
        "-1",
        "soon",
        "\xb2",
        "Fri, 27 Nov 99999 10:00:00 GMT",
        "0 0 0 0 0",
        "," * 5000,
    ],
)
def test_an_odd_retry_after_is_only_an_answer(client: requests.Session, value: str) -> None:
    with serving(lambda _path: Answer(503, (("Retry-After", value),))) as server:
        try:
            answer = client.get(server.url)
        except requests.RequestException as error:
            what, advice = http.explain(error, server.url)
        else:
            what, advice = http.explain(requests.HTTPError(response=answer), server.url)
    assert "503" in what or "asked" in what or "answer" in what
    assert len(what + advice) < 300


def test_all_pauses_of_a_request_share_one_budget(client: requests.Session) -> None:
    retry = client.get_adapter("http://x").max_retries  # type: ignore[attr-defined]  # ours has it
    retry = retry.new(budget=1)
    with serving(lambda _path: Answer(503, (("Retry-After", "1"),))) as server:
        client.mount("http://", type(client.get_adapter("http://x"))(max_retries=retry))  # type: ignore[call-arg]  # as above
        assert client.get(server.url).headers["Retry-After"] == "1"
    assert len(server.came) == 2


def test_further_tries_are_not_logged(
    client: requests.Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "dropsonde")
    with serving() as server:
        pass
    with pytest.raises(requests.ConnectionError):
        client.get(f"{server.url}/?query=private_name")
    assert "private_name" not in caplog.text


def test_follows_to_the_same_origin(client: requests.Session) -> None:
    with serving(redirect("/there")) as server:
        assert client.get(server.url).status_code == 200
    assert [path for _, path, _ in server.came] == ["/", "/there"]


def test_follows_nowhere_else_over_http(client: requests.Session) -> None:
    with serving() as other, serving(redirect(f"{other.url}/there")) as server:
        with pytest.raises(http.RefusedRedirectError) as raised:
            client.get(server.url)
        assert other.came == []
    assert "redirects" in http.explain(raised.value, server.url)[0]


def test_what_is_posted_is_not_passed_on(client: requests.Session) -> None:
    with serving(redirect("/there", 307)) as server:
        with pytest.raises(http.RefusedRedirectError):
            client.post(server.url, data=b"report")
        assert len(server.came) == 1


def test_a_circle_ends(client: requests.Session) -> None:
    with serving(redirect("/")) as server:
        with pytest.raises(requests.TooManyRedirects) as raised:
            client.get(server.url)
        assert "circle" in http.explain(raised.value, server.url)[0]
