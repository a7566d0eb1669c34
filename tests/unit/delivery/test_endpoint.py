"""One report to an endpoint; docs/faults.md, made here, lists the faults and their outcomes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde import http
from dropsonde.common.errors import DeliveryError, RefusedReportError
from dropsonde.common.untrusted import MAX_TEXT
from dropsonde.delivery.answer import MAX_BYTES, read_answer
from dropsonde.delivery.endpoint import Delivery, Limits
from dropsonde.delivery.retry_after import LONGEST, asked_to_wait
from ext.faults import FAULTS, PAGE, Stage, made
from tests.doubles.authority import Authority
from tests.doubles.endpoint import THANKS, Act, LoopbackEndpoint, Reply, nobody_listens
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    import requests

REPORT = json.dumps({"product": "popularity-module", "site_id": "ab" * 64}, indent=1).encode()
KEY = "97e191e6fea56ff9bc6759a3c8fe217075ee0e9fa9bf63e867bd7677cf77b663"  # sha256sum of the report
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
BUSY = Reply(503)


class Sender:
    """A delivery that notes its pauses instead of sleeping."""

    def __init__(
        self,
        url: str,
        *,
        jitter: float = 1.0,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        wants_plain: bool = False,
        verify: str | bool = True,
    ) -> None:
        self.pauses: list[float] = []
        self.delivery = Delivery(
            lambda: http.session(verify=verify, retries=0),
            url,
            clock=lambda: NOW,
            sleep=self.pauses.append,
            jitter=lambda: jitter,
            limits=limits,
            wants_plain=wants_plain,
        )

    def send(self) -> str:
        """The endpoint's message."""
        return self.delivery.send(REPORT).message

    def fault(self) -> str:
        """The error's line, when the report waits."""
        with pytest.raises(DeliveryError) as raised:
            self.delivery.send(REPORT)
        return str(raised.value)

    def refusal(self) -> RefusedReportError:
        with pytest.raises(RefusedReportError) as raised:
            self.delivery.send(REPORT)
        return raised.value


@pytest.fixture(autouse=True)
def _every_exchange_ends_with_its_connection() -> Iterator[None]:
    yield
    left = [thread for thread in threading.enumerate() if thread.name == "delivery"]
    for thread in left:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in left)


def encodings(endpoint: LoopbackEndpoint) -> list[str | None]:
    return [request.headers["Content-Encoding"] for request in endpoint.received]


def test_the_page_of_faults_is_what_happens(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert made([stage.play(fault) for fault in FAULTS]) == PAGE.read_text(encoding="utf-8")


# What is sent


def test_the_endpoint_gets_the_bytes_and_who_sends_them() -> None:
    with LoopbackEndpoint() as endpoint:
        assert Sender(endpoint.url).send() == "Thank you."
    (request,) = endpoint.received
    assert (request.method, request.path) == ("POST", "/")
    assert request.report == REPORT
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["User-Agent"].startswith("dropsonde/")


def test_the_endpoint_gets_them_over_tls(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    with LoopbackEndpoint(tls=authority.server("endpoint")) as endpoint:
        assert Sender(endpoint.url, verify=authority.file).send() == "Thank you."
    assert [request.report for request in endpoint.received] == [REPORT]


def test_nothing_leaves_before_the_certificate_is_accepted(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    with LoopbackEndpoint(tls=authority.server("old", days=-1)) as endpoint:
        assert "has expired" in Sender(endpoint.url, verify=authority.file).fault()
    assert endpoint.received == []


def test_every_try_is_the_same_request() -> None:
    with LoopbackEndpoint(BUSY, Reply(429), Reply(act=Act.DROP), Reply()) as endpoint:
        Sender(endpoint.url).send()
    assert len(endpoint.received) == 4
    assert {request.headers["Idempotency-Key"] for request in endpoint.received} == {KEY}
    assert len({request.body for request in endpoint.received}) == 1
    assert endpoint.received[0].body[4:8] == bytes(4)  # no time in the gzip header


def test_it_is_posted_to_the_url_as_it_is_and_its_password_stays_there() -> None:
    with LoopbackEndpoint(Reply(), Reply(500), Reply(403), Reply(body=b"")) as endpoint:
        url = endpoint.url.replace("://", "://me:sesame@") + "/reports?token=sesame"
        sender = Sender(url, limits=Limits(max_wait=0))
        sender.send()
        seen = [sender.fault(), str(sender.refusal()), sender.delivery.shown]
    assert {request.path for request in endpoint.received} == {"/reports?token=sesame"}
    assert all(request.headers["Authorization"] for request in endpoint.received)
    assert seen[-1] == f"{endpoint.url}/reports"
    assert all(seen[-1] in line and "sesame" not in line for line in seen)


def test_a_redirect_leads_nowhere() -> None:
    with LoopbackEndpoint() as other:
        for status in (301, 302, 303, 307, 308):
            reply = Reply(status, headers=(("Location", other.url), ("Retry-After", "5")))
            with LoopbackEndpoint(reply) as endpoint:
                assert "--endpoint" in Sender(endpoint.url).fault()
            assert len(endpoint.received) == 1
    assert other.received == []


# gzip, or not


@pytest.mark.parametrize("status", [400, 415])
def test_an_endpoint_that_takes_no_gzip_is_remembered(status: int) -> None:
    with LoopbackEndpoint(Reply(status), BUSY, Reply()) as endpoint:
        sender = Sender(endpoint.url)
        assert sender.delivery.send(REPORT).plain
        assert sender.delivery.send(REPORT).plain
        assert Sender(endpoint.url, wants_plain=True).delivery.send(REPORT).plain
    assert encodings(endpoint) == ["gzip", None, None, None, None]
    assert {request.report for request in endpoint.received} == {REPORT}


@pytest.mark.parametrize(("status", "wants_plain"), [(400, True), (415, True), (422, False)])
def test_a_report_that_is_refused_says_nothing_of_gzip(status: int, *, wants_plain: bool) -> None:
    with LoopbackEndpoint(Reply(status)) as endpoint:
        sender = Sender(endpoint.url)
        once = ["gzip", None] if wants_plain else ["gzip"]
        for _ in range(2):  # it is packed again: the refusal of the plain one told nothing
            sender.refusal()
        assert encodings(endpoint) == once * 2
        plain = Sender(endpoint.url, wants_plain=wants_plain)
        for _ in range(2):
            plain.refusal()
    known = [None] if wants_plain else ["gzip"]
    assert encodings(endpoint) == once * 2 + known * 2


# Pauses


@pytest.mark.parametrize(
    ("jitter", "pauses"),
    [(0.0, [0.5, 1, 2, 4, 8, 16, 28.5]), (0.5, [0.75, 1.5, 3, 6, 12, 24, 12.75])],
)
def test_pauses_grow_and_are_bounded(jitter: float, pauses: list[float]) -> None:
    with nobody_listens() as url:
        sender = Sender(url, jitter=jitter)
        assert "the connection was refused" in sender.fault()
    assert sender.pauses == pauses
    assert sum(pauses) == 60


def test_all_reports_of_a_run_share_its_pauses() -> None:
    with LoopbackEndpoint(BUSY, BUSY, Reply(), BUSY) as endpoint:
        sender = Sender(endpoint.url, limits=Limits(max_wait=4))
        sender.send()
        sender.fault()
        sender.fault()
    assert sender.pauses == [1, 2, 1]
    assert len(endpoint.received) == 6


def test_without_a_pause_there_is_one_try() -> None:
    with LoopbackEndpoint(BUSY) as endpoint:
        Sender(endpoint.url, limits=Limits(max_wait=0)).fault()
    assert len(endpoint.received) == 1


@pytest.mark.parametrize(
    ("value", "pauses"),
    [
        ("30", [30]),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), [30]),
        ("60", [60]),
        ("0", [1]),  # our own pause is longer
        (format_datetime(NOW - timedelta(days=1), usegmt=True), [1]),
        ("soon", [1]),
    ],
)
@pytest.mark.parametrize("status", [408, 429, 503])
def test_an_endpoint_is_given_the_time_it_asks_for(
    status: int, value: str, pauses: list[float]
) -> None:
    reply = Reply(status, headers=(("Retry-After", value),))
    with LoopbackEndpoint(reply, Reply()) as endpoint:
        sender = Sender(endpoint.url)
        assert sender.send() == "Thank you."
    assert sender.pauses == pauses


def test_an_endpoint_that_always_asks_for_no_pause_is_not_asked_for_ever() -> None:
    with LoopbackEndpoint(Reply(429, headers=(("Retry-After", "0"),))) as endpoint:
        sender = Sender(endpoint.url, limits=Limits(max_wait=3))
        assert "try again after 2026-03-01 12:00:00 UTC" in sender.fault()
    assert sender.pauses == [1, 2]


def test_what_is_asked_for_counts_against_what_is_left() -> None:
    with LoopbackEndpoint(Reply(503, headers=(("Retry-After", "40"),))) as endpoint:
        sender = Sender(endpoint.url)
        assert "try again after 2026-03-01 12:00:40 UTC" in sender.fault()
    assert sender.pauses == [40]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 007 ", 7),
        ("0" * 5000 + "1", 1),
        ("9" * 5000, LONGEST.total_seconds()),
        ("999999999", LONGEST.total_seconds()),
        ("Sun, 01 Mar 2026 13:00:00 GMT", 3600),
        ("Sun, 01 Mar 2026 13:00:00 -0000", 3600),
        ("Sun, 01 Mar 2026 13:00:00 +0100", 0),
        ("Sat, 28 Feb 2026 13:00:00 GMT", 0),
        ("Sun, 01 Mar 2099 13:00:00 GMT", LONGEST.total_seconds()),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("\u0661", None),  # a digit elsewhere
        ("Sun, 99 Mar 2026 13:00:00 GMT", None),
        ("Sun, 01 Mar 2026 13:00:00 +9999", None),
    ],
)
def test_both_forms_of_retry_after(value: str, seconds: float | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert asked_to_wait(value, NOW) == expected


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [-+]?\w+"))
def test_no_retry_after_is_too_odd(value: str) -> None:
    asked = asked_to_wait(value, NOW)
    assert asked is None or timedelta() <= asked <= LONGEST


# Answers


def test_a_refusal_holds_the_answer() -> None:
    body = json.dumps({"message": "Unknown\x1b[2J column."}).encode()
    with LoopbackEndpoint(Reply(422, body)) as endpoint:
        error = Sender(endpoint.url).refusal()
    assert (error.status, error.text) == (422, body.decode())
    assert read_answer(error.status, error.text.encode()).message == "Unknown [2J column."
    assert "Unknown" not in str(error)


@pytest.mark.parametrize("act", [Act.ENDLESS, Act.CUT, Act.RESET])
def test_a_status_counts_without_its_body(act: Act, caplog: pytest.LogCaptureFixture) -> None:
    with LoopbackEndpoint(Reply(202, act=act)) as endpoint:
        answer = Sender(endpoint.url).delivery.send(REPORT)
    assert (answer.status, answer.odd, answer.message) == (202, True, "")
    assert len(answer.text) <= MAX_BYTES
    assert len(endpoint.received) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_refusal_counts_without_its_body() -> None:
    with LoopbackEndpoint(Reply(422, act=Act.CUT)) as endpoint:
        error = Sender(endpoint.url).refusal()
    assert read_answer(error.status, error.text.encode()).odd


def test_a_packed_answer_that_is_damaged_counts_as_odd() -> None:
    reply = Reply(body=b"no gzip", headers=(("Content-Encoding", "gzip"),))
    with LoopbackEndpoint(reply) as endpoint:
        assert Sender(endpoint.url).delivery.send(REPORT).odd


def test_an_answer_is_read() -> None:
    link = "https://example.com/dropsonde?v=2#new"
    body = json.dumps({"newer": True, "link": link, "message": " It is\nout. "})
    answer = read_answer(200, body.encode())
    assert (answer.message, answer.newer, answer.odd) == ("It is out.", link, False)
    assert (answer.status, answer.text) == (200, body)
    assert read_answer(200, THANKS).newer == ""
    assert read_answer(200, json.dumps({"message": "x" * 9999}).encode()).message == "x" * MAX_TEXT


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https://[",
        "https://example.com\x1b[2J",
        "https://example.com/two words",
        "https://ex\u0430mple.com",  # a Cyrillic letter
        "https://puppet.com@example.com/",
        "https://example.com/" + "x" * MAX_TEXT,
        "",
        None,
        7,
    ],
)
def test_a_link_that_nobody_should_open_is_none(link: object) -> None:
    assert read_answer(200, json.dumps({"newer": True, "link": link}).encode()).newer == ""


@pytest.mark.parametrize("newer", [False, None, "true", 1])
def test_a_link_counts_with_a_newer_version_alone(newer: object) -> None:
    body = json.dumps({"newer": newer, "link": "https://example.com/"})
    assert read_answer(200, body.encode()).newer == ""


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"text"', b"{", b"\xff{}", b"[" * 50_000, b"9" * 5000]
)
def test_what_is_no_json_object_is_odd(body: bytes) -> None:
    answer = read_answer(200, body)
    assert answer.odd
    assert (answer.message, answer.newer) == ("", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.fixed_dictionaries({}, optional={"newer": JSON, "link": JSON, "message": JSON}))
def test_no_answer_is_too_odd(document: object) -> None:
    answer = read_answer(200, json.dumps(document).encode())
    assert not answer.odd
    assert answer.message.isprintable()
    assert len(answer.message) <= MAX_TEXT


@given(st.text(st.characters(codec=None), max_size=2 * MAX_TEXT))
def test_no_message_steers_a_terminal(message: str) -> None:
    shown = read_answer(200, json.dumps({"message": message}).encode()).message
    assert shown.isprintable()
    assert len(shown) <= MAX_TEXT
    shown.encode()


@given(st.binary())
def test_no_bytes_are_too_odd(body: bytes) -> None:
    assert len(read_answer(200, body * 1000).text) <= MAX_BYTES


# The rest


@pytest.mark.parametrize("act", [Act.SILENCE, Act.SLOW_HEADERS])
def test_one_try_takes_no_longer_than_it_may(act: Act) -> None:
    """Where each byte comes in time; the test ends, and so does the thread that was left alone."""
    with LoopbackEndpoint(Reply(act=act)) as endpoint:
        sender = Sender(endpoint.url, limits=Limits(max_wait=0, answer=0.3))
        assert "no answer in time" in sender.fault()


def test_a_fault_of_our_own_is_not_hidden() -> None:
    def broken() -> requests.Session:
        raise RuntimeError("a fault of our own")

    delivery = Delivery(
        broken, "http://127.0.0.1:1", clock=lambda: NOW, sleep=lambda _: None, jitter=lambda: 1.0
    )
    with pytest.raises(RuntimeError, match="our own"):
        delivery.send(REPORT)


def test_requests_is_imported_when_something_is_sent() -> None:
    code = "import sys, dropsonde.delivery.endpoint; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
