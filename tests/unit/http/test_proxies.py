"""Which way requests go."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from dropsonde import http
from dropsonde.http.proxies import bypassed
from tests.unit.http.answering import serving


@dataclass(frozen=True)
class Settings:
    http_proxy_host: str = "none"
    http_proxy_port: str = "3128"
    http_proxy_user: str = "none"
    http_proxy_password: str = "none"
    no_proxy: str = "localhost, 127.0.0.1"


PUPPET = Settings("proxy.example", "3129", "DOMAIN\\me", "p%40ss", "internal")


@pytest.mark.parametrize(
    ("settings", "environ", "expected"),
    [
        (Settings(), {}, {}),
        (Settings("", "", "", "", ""), {}, {}),
        (
            PUPPET,
            {},
            {
                "https": "http://DOMAIN%5Cme:p%40ss@proxy.example:3129",
                "http": "http://DOMAIN%5Cme:p%40ss@proxy.example:3129",
                "no_proxy": "internal",
            },
        ),
        (
            PUPPET,
            {"http_proxy": "http://a", "HTTPS_PROXY": "http://b:1", "NO_PROXY": ""},
            {"https": "http://b:1", "http": "http://a"},
        ),
        (
            PUPPET,
            {"HTTP_PROXY": "http://upper", "http_proxy": "http://lower"},
            {"https": "http://lower", "http": "http://lower", "no_proxy": "internal"},
        ),
        (
            Settings(no_proxy="none"),
            {"ALL_PROXY": "http://all", "https_proxy": ""},
            {"https": "http://all", "http": "http://all"},
        ),
    ],
)
def test_variables_win_over_puppets_settings(
    settings: Settings, environ: dict[str, str], expected: dict[str, str]
) -> None:
    assert http.puppet_proxies(settings, environ) == expected


@pytest.mark.parametrize(
    ("no_proxy", "direct"),
    [
        ("", False),
        ("*", True),
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("other, EXAMPLE.com", True),
        ("example.com:443", True),
        ("example.com:8443", False),
        ("ample.com", False),
        ("forge.example.com.invalid", False),
        ("10.0.0.0/8", False),
    ],
)
def test_which_hosts_are_reached_directly(no_proxy: str, *, direct: bool) -> None:
    assert bypassed("https://forge.example.com/v3", no_proxy) is direct


@pytest.mark.parametrize("entry", ["10.0.0.0/8", "10.1.2.3", "10.1.2.3:80"])
def test_addresses_are_reached_directly(entry: str) -> None:
    assert bypassed("http://10.1.2.3/", entry)
    assert not bypassed("http://11.1.2.3/", entry)


def test_an_ipv6_address_is_reached_directly() -> None:
    assert bypassed("http://[::1]:8080/", "::1")


@given(st.text())
def test_no_exception_list_is_too_odd(no_proxy: str) -> None:
    assert bypassed("https://host/", no_proxy) in (True, False)


def test_requests_go_through_the_proxy_and_its_password_only_there() -> None:
    with serving() as proxy, serving() as server:
        settings = Settings(
            "127.0.0.1", str(proxy.port), "me", "sesame", f"127.0.0.1:{server.port}"
        )
        with http.session(proxies=http.puppet_proxies(settings, {})) as client:
            client.get("http://forge.invalid/v3")
            client.get(server.url)
    (through,), (direct,) = proxy.came, server.came
    assert through[1] == "http://forge.invalid/v3"
    assert through[2]["Proxy-Authorization"]
    assert "Proxy-Authorization" not in direct[2]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_plain_http_to_this_host_takes_no_proxy(host: str) -> None:
    """Keys go there because nobody else can read them; a proxy could, and could act on them."""
    with serving() as proxy, serving() as server:
        environ = {"http_proxy": proxy.url, "no_proxy": "internal.example"}
        with http.session(proxies=http.puppet_proxies(Settings(), environ)) as client:
            client.delete(server.url.replace("127.0.0.1", host), headers={"Key": "sesame"})
    assert proxy.came == []
    assert [headers["Key"] for _, _, headers in server.came] == ["sesame"]


@pytest.mark.parametrize("status", [403, 407])
def test_explains_the_proxy_without_its_password(status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=refuse)
        thread.start()
        proxies = {"https": f"http://me:sesame@127.0.0.1:{port}"}
        with http.session(proxies=proxies, retries=0) as client:
            with pytest.raises(requests.exceptions.ProxyError) as refused:
                client.get("https://forge.invalid/")
            thread.join()
    with (
        http.session(proxies=proxies, retries=0) as client,
        pytest.raises(requests.exceptions.ProxyError) as away,
    ):
        client.get("https://forge.invalid/")
    wanted = "wants a user and password" if status == 407 else "cannot be reached or refuses"
    assert wanted in http.explain(refused.value, "https://forge.invalid")[0]
    what, advice = http.explain(away.value, "https://forge.invalid")
    assert "the proxy on the way cannot be reached" in what
    assert "sesame" not in what + advice
