"""When a connection is used again, and when it must not be."""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from dropsonde import http
from tests.doubles.authority import Authority
from tests.doubles.loopback import Handler, Loopback
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    import requests

REQUESTS = 3
MORE_THAN_WAITS = 1 << 23  # bytes; the kernel does not take them all at once


class keeping(Loopback):  # noqa: N801 - reads so
    """Announces no end of a connection; what it does after an answer is the test's."""

    def __init__(
        self, tls: ssl.SSLContext, afterwards: Callable[[Handler], None] = lambda _handler: None
    ) -> None:
        self.clients: list[tuple[str, int]] = []
        self.afterwards = afterwards
        super().__init__(_Handler, tls=tls)


class _Handler(Handler):
    double: keeping
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.double.clients.append(self.client_address)
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"true")
        self.double.afterwards(self)


def close(handler: Handler) -> None:
    """As TLS wants it: with an alert."""
    handler.connection.unwrap()


def cut(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def reset(handler: Handler) -> None:
    handler.reset()


def speak(handler: Handler) -> None:
    """Send an answer that nobody asked for."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ours"))


def idle(client: requests.Session, url: str) -> socket.socket:
    """The socket of the only connection."""
    pools = client.get_adapter(url).poolmanager.pools  # type: ignore[attr-defined]  # requests' own
    (key,) = pools.keys()
    found: socket.socket = pools[key].pool.queue[-1].sock
    return found


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_one_that_stays_open_is_used_again(authority: Authority, version: ssl.TLSVersion) -> None:
    tls = authority.server("server")
    tls.minimum_version = tls.maximum_version = version
    with keeping(tls) as server, http.session(verify=authority.file, retries=0) as client:
        for _ in range(REQUESTS):
            assert client.post(server.url, data=bytes(MORE_THAN_WAITS)).json() is True
    assert len(server.clients) == REQUESTS
    assert len(set(server.clients)) == 1


@pytest.mark.parametrize("afterwards", [close, cut, reset, speak])
def test_one_that_has_ended_meanwhile_is_not(
    authority: Authority, afterwards: Callable[[Handler], None]
) -> None:
    """Without a retry: what is asked arrives at the first try."""
    with (
        keeping(authority.server("server"), afterwards) as server,
        http.session(verify=authority.file, retries=0) as client,
    ):
        for _ in range(REQUESTS):
            assert client.get(server.url).json() is True
            came, _, _ = select.select([idle(client, server.url)], [], [], PATIENCE)
            assert came
    assert len(server.clients) == len(set(server.clients)) == REQUESTS
