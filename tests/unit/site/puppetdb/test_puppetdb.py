from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import PuppetDBError
from dropsonde.http import session
from dropsonde.site.puppetdb import ClassCount, PuppetDB, queries, read_server_urls
from tests.doubles.puppetdb import LoopbackPuppetDB, Reply
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    import requests

GOOD = Reply([{"title": "Ntp", "environment": "production", "count": 3}])
NTP = [ClassCount("Ntp", "production", 3)]
FAULTS = {
    "500": (Reply({"error": "Acme"}, status=500), "answered 500"),
    "503": (Reply(status=503), "answered 503"),
    "403": (Reply(status=403), "answered 403 (Forbidden)"),
    "400": (Reply(status=400), "answered 400"),
    "slow": (Reply(stall=True), "no answer in time"),
    "half an answer": (Reply(GOOD.rows, cut=20), "broke before the answer was complete"),
    "half a JSON": (Reply(GOOD.rows, cut=20, lie=True), "the answer is not JSON"),
    "nothing": (Reply(cut=0, lie=True), "the answer is not JSON"),
    "not a list": (Reply({"title": "Acme"}), "unexpected answer"),
    "not objects": (Reply([["Acme", 1]]), "unexpected answer"),
    "no title": (Reply([{"environment": "acme", "count": 1}]), "unexpected answer"),
    "no environment": (Reply([{"title": "Acme", "count": 1}]), "unexpected answer"),
    "a number for a title": (
        Reply([{"title": 1, "environment": "acme", "count": 1}]),
        "unexpected answer",
    ),
    "a list for an environment": (
        Reply([{"title": "Acme", "environment": ["acme"], "count": 1}]),
        "unexpected answer",
    ),
    "text for a count": (
        Reply([{"title": "Acme", "environment": "acme", "count": "1"}]),
        "unexpected answer",
    ),
    "true for a count": (
        Reply([{"title": "Acme", "environment": "acme", "count": True}]),
        "unexpected answer",
    ),
    "less than none": (
        Reply([{"title": "Acme", "environment": "acme", "count": -1}]),
        "unexpected answer",
    ),
    "a long answer": (
        Reply([{"title": "Acme" * 1000, "environment": "acme", "count": 1}]),
        "unexpected answer",
    ),
}


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], LoopbackPuppetDB]]:
    with ExitStack() as stack:
        yield lambda reply: stack.enter_context(LoopbackPuppetDB(reply))


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a port that is taken, and where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def client() -> Iterator[Callable[..., PuppetDB]]:
    with ExitStack() as stack:

        def make(*urls: str, silence: float = PATIENCE) -> PuppetDB:
            return PuppetDB(
                urls,
                lambda: stack.enter_context(session(retries=0)),
                timeout=(PATIENCE, silence),
                max_bytes=2000,
            )

        yield make


@pytest.mark.parametrize(("reply", "what"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_that_names_the_server_and_nothing_of_the_answer(
    serve: Callable[[Reply], LoopbackPuppetDB],
    client: Callable[..., PuppetDB],
    reply: Reply,
    what: str,
) -> None:
    server = serve(reply)
    with pytest.raises(PuppetDBError) as raised:
        client(server.url, silence=0.5 if reply.stall else PATIENCE).classes()
    assert raised.value.what.startswith(server.url)
    assert what in raised.value.what
    assert raised.value.advice
    assert "\n" not in str(raised.value)
    assert "acme" not in str(raised.value).lower()


@pytest.mark.parametrize("reply", [reply for reply, _ in FAULTS.values()], ids=FAULTS)
def test_the_next_server_answers_and_is_asked_first_from_then_on(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB], reply: Reply
) -> None:
    bad, good = serve(reply), serve(GOOD)
    puppetdb = client(bad.url, good.url, silence=5 if reply.stall else PATIENCE)
    assert puppetdb.classes() == NTP
    assert puppetdb.classes() == NTP
    assert (len(bad.queries), len(good.queries)) == (1, 2)


def test_a_refused_connection_leads_to_the_next_server(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB], refusing: str
) -> None:
    assert client(refusing, serve(GOOD).url).classes() == NTP


def test_the_order_holds_and_only_as_many_servers_as_needed_are_asked(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    first, second, third = serve(GOOD), serve(GOOD), serve(GOOD)
    puppetdb = client(first.url, second.url, third.url)
    puppetdb.classes()
    first.reply = Reply(status=500)
    puppetdb.classes()
    second.reply = Reply(status=500)
    first.reply = GOOD
    puppetdb.classes()
    assert [len(server.queries) for server in (first, second, third)] == [3, 2, 0]


def test_all_failed_names_the_fault_of_each(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB], refusing: str
) -> None:
    bad = serve(Reply(status=500))
    with pytest.raises(PuppetDBError) as raised:
        client(refusing, bad.url).families()
    assert raised.value.what == (
        f"{refusing}: the connection was refused; {bad.url}: answered 500 (Internal Server Error)"
    )


def test_a_refused_certificate_is_advised_on(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    with pytest.raises(PuppetDBError, match="certificate-allowlist"):
        client(serve(Reply(status=403)).url).classes()


def test_an_answer_nested_too_deeply_is_a_fault_like_any_other(
    serve: Callable[[Reply], LoopbackPuppetDB],
) -> None:
    server = serve(Reply(raw=b"[" * 200_000 + b"]" * 200_000))
    with session(retries=0) as made, pytest.raises(PuppetDBError, match="the answer is not JSON"):
        PuppetDB([server.url], lambda: made).classes()


def test_a_slash_behind_the_address_is_forgiven(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    assert client(serve(GOOD).url + "/").classes() == NTP


def test_the_classes_of_every_catalog_are_left_out(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    """With the titles that Puppet Server gives them."""
    rows = [
        *GOOD.rows,
        *({"title": t, "environment": "production", "count": 9} for t in ("main", "Settings")),
    ]
    puppetdb = client(serve(Reply(rows)).url)
    assert puppetdb.classes() == NTP
    assert puppetdb.classes_of_family("Debian") == NTP


def test_a_packed_answer_is_asked_for(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    server = serve(GOOD)
    client(server.url).classes()
    assert "gzip" in server.encodings[0]


def test_the_session_is_made_once_and_not_before_it_is_needed(
    serve: Callable[[Reply], LoopbackPuppetDB],
) -> None:
    made: list[requests.Session] = []

    def make() -> requests.Session:
        made.append(session(retries=0))
        return made[-1]

    puppetdb = PuppetDB([serve(GOOD).url], make)
    assert made == []
    puppetdb.classes()
    puppetdb.classes()
    assert len(made) == 1
    made[0].close()


def test_reading_the_settings_does_not_import_requests() -> None:
    script = "import sys, dropsonde.site.puppetdb; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_platforms_are_os_family_else_osfamily_and_only_text(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    facts = [
        ("Debian", "Debian", 10),
        ("Debian", "RedHat", 1),
        (None, "Debian", 2),
        (None, None, 3),
        (5, "Debian", 4),
        ({"a": 1}, None, 5),
        (None, 7, 6),
        ("RedHat", None, 7),
    ]
    rows = [
        {"facts.os.family": modern, "facts.osfamily": legacy, "count": count}
        for modern, legacy, count in facts
    ]
    puppetdb = client(serve(Reply(rows)).url)
    assert puppetdb.families() == [("Debian", 13), ("RedHat", 7), (None, 18)]


def test_a_catalog_without_environment_is_counted(
    serve: Callable[[Reply], LoopbackPuppetDB], client: Callable[..., PuppetDB]
) -> None:
    rows = [{"title": "Ntp", "environment": None, "count": 1}]
    assert client(serve(Reply(rows)).url).classes() == [ClassCount("Ntp", None, 1)]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


@given(st.text())
def test_a_platform_stays_one_value_of_the_query(family: str) -> None:
    plain = list(_strings(queries.classes_of_family("Plain")))
    asked = list(_strings(queries.classes_of_family(family)))
    assert asked == [family if text == "Plain" else text for text in plain]
    assert plain.count("Plain") == 2


CONFIGURATIONS = {
    "one": ("[main]\nserver_urls = https://a:8081\n", ("https://a:8081",)),
    "failover": (
        "[main]\nserver_urls=https://b:8081, https://a:8082 ,https://c/\n",
        ("https://b:8081", "https://a:8082", "https://c"),
    ),
    "comments": (
        "# a\n; b\n\n[main]\n  # c\n  server_urls = https://a:8081  \n",
        ("https://a:8081",),
    ),
    "other settings": (
        "[main]\nserver_urls = https://a\nsoft_write_failure = true\n",
        ("https://a",),
    ),
    "other section": (
        "[other]\nserver_urls = https://b\n[main]\nserver_urls = https://a\n",
        ("https://a",),
    ),
    "the last counts": (
        "[main]\nserver_urls = https://a\nserver_urls = https://b\n",
        ("https://b",),
    ),
    # The terminus takes them: Ruby's split drops what is empty at the end.
    "commas at the end": ("[main]\nserver_urls = https://a,, \n", ("https://a",)),
    "no end of line": ("[main]\nserver_urls = https://a", ("https://a",)),
    "CRLF": ("[main]\r\nserver_urls = https://a\r\n", ("https://a",)),
    "IPv6": ("[main]\nserver_urls = https://[::1]:8081\n", ("https://[::1]:8081",)),
    "empty file": ("", ("https://puppetdb:8081",)),
    "only the section": ("[main]\n", ("https://puppetdb:8081",)),
}
MALFORMED = {
    "plain HTTP": ("[main]\nserver_urls = http://a:8080\n", 2),
    "a path": ("[main]\n\nserver_urls = https://a:8081/pdb\n", 3),
    "no scheme": ("[main]\nserver_urls = a:8081\n", 2),
    "no host": ("[main]\nserver_urls = https://:8081\n", 2),
    "a bad port": ("[main]\nserver_urls = https://a:http\n", 2),
    "half an IPv6 address": ("[main]\nserver_urls = https://[::1:8081\n", 2),
    "an empty value": ("[main]\nserver_urls =\n", 2),
    "commas alone": ("[main]\nserver_urls = ,,\n", 2),
    "a comma too many": ("[main]\nserver_urls = https://a,,https://b\n", 2),
    "no section": ("server_urls = https://a\n", 1),
    "no setting": ("[main]\nacme\n", 2),
    "a comment behind": ("[main]\nserver_urls = https://a # acme\n", 2),
}


@pytest.mark.parametrize(("text", "urls"), CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_server_urls(tmp_path: Path, text: str, urls: tuple[str, ...]) -> None:
    (tmp_path / "puppetdb.conf").write_bytes(text.encode())
    assert read_server_urls(tmp_path) == urls


@pytest.mark.parametrize(("text", "line"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_is_named_without_its_text(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "puppetdb.conf"
    path.write_text(text)
    with pytest.raises(PuppetDBError) as raised:
        read_server_urls(tmp_path)
    assert str(raised.value).startswith(f"{path}:{line}: ")
    assert "acme" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_without_the_file_there_is_no_puppetdb(tmp_path: Path) -> None:
    assert read_server_urls(tmp_path) is None


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "puppetdb.conf").mkdir()
    with pytest.raises(PuppetDBError, match=r"puppetdb\.conf: Is a directory"):
        read_server_urls(tmp_path)


def test_retired_settings_give_the_default_and_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "puppetdb.conf").write_text("[main]\nserver = acme\nport = 8081\n")
    with caplog.at_level(logging.WARNING):
        assert read_server_urls(tmp_path) == ("https://puppetdb:8081",)
    assert len(caplog.messages) == 2
    assert "server_urls" in caplog.text
    assert "acme" not in caplog.text
