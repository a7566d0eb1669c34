from __future__ import annotations

import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from dropsonde import http
from dropsonde.http.proxies import bypassed
from tests.doubles.authority import Authority
from tests.doubles.forge import Fault, LoopbackForge
from tests.doubles.loopback import Handler, Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message


@dataclass
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class serving(Loopback):  # noqa: N801 - reads so
    """Answers what the test says, and notes what came."""

    def __init__(
        self,
        answer: Callable[[str], Answer] = lambda _path: Answer(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.came: list[tuple[str, str, Message]] = []
        super().__init__(_Handler, tls=tls)


class _Handler(Handler):
    double: serving

    def answer(self) -> None:
        self.double.came.append((self.command, self.path, self.headers))
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.double.answer(self.path)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def redirect(target: str, status: int = 302) -> Callable[[str], Answer]:
    def answer(path: str) -> Answer:
        return Answer(status, (("Location", target),)) if path == "/" else Answer()

    return answer


@pytest.fixture
def client() -> Iterator[requests.Session]:
    with http.session(jitter=lambda: 0.0) as made:
        yield made


# Retries


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


# Redirects


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


# TLS, with certificates made by openssl


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("theirs"))


def tls(certificate: tuple[str, str], clients: Authority | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)
    return context


def fault_of(url: str, verify: str, cert: tuple[str, str] | None = None) -> tuple[str, str]:
    with (
        http.session(verify=verify, cert=cert, jitter=lambda: 0.0) as client,
        pytest.raises(requests.RequestException) as raised,
    ):
        client.get(url)
    return http.explain(raised.value, url)


def test_trusts_the_authority_it_is_given(authority: Authority) -> None:
    certificate = authority.issue("server")
    with (
        serving(tls=tls(certificate, authority)) as server,
        http.session(verify=authority.file, cert=authority.issue("client")) as client,
    ):
        assert client.get(server.url).status_code == 200


def test_the_environment_does_not_replace_the_authority(
    authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password sesame\n")
    script = (
        "import sys; from dropsonde import http\n"
        "print(http.session(verify=sys.argv[1]).get(sys.argv[2]).status_code)\n"
    )
    names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    environ = {
        **dict.fromkeys(names, stranger.file),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:1"),
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    with serving(tls=tls(authority.issue("server"))) as server:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script, authority.file, server.url],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout == "200\n", done.stderr
    assert "Authorization" not in server.came[0][2]


def test_explains_certificates(authority: Authority, stranger: Authority) -> None:
    cases = [
        (stranger.issue("stranger"), "signed by an unknown authority"),
        (authority.issue("old", days=-1), "has expired"),
        (authority.issue("elsewhere", address="127.0.0.2"), "is for another"),
    ]
    for certificate, message in cases:
        with serving(tls=tls(certificate)) as server:
            what, advice = fault_of(server.url, authority.file)
            assert message in what
            assert advice
            assert server.came == []


@pytest.mark.parametrize("with_certificate", [False, True])
def test_explains_that_the_client_was_refused(
    authority: Authority, stranger: Authority, *, with_certificate: bool
) -> None:
    context = tls(authority.issue("server"), authority)
    cert = stranger.issue("client") if with_certificate else None
    with serving(tls=context) as server:
        what, _advice = fault_of(server.url, authority.file, cert)
    assert "it refused the TLS connection, perhaps for the client's certificate" in what


def test_explains_a_certificate_that_is_refused_for_another_reason(authority: Authority) -> None:
    # A server's certificate is no authority, though it can sign.
    middle = Authority(authority.directory, *authority.issue("middle"))
    certificate, key = middle.issue("below")
    chain = authority.directory / "chain.pem"
    chain.write_text(Path(certificate).read_text() + Path(middle.file).read_text())
    with serving(tls=tls((str(chain), key))) as server:
        what, _advice = fault_of(server.url, authority.file)
    assert "its certificate is not accepted (" in what


def test_explains_files_that_are_missing(authority: Authority, tmp_path: Path) -> None:
    missing, broken = str(tmp_path / "missing.pem"), tmp_path / "broken.pem"
    broken.write_text("no certificate\n")
    certificate, key = authority.issue("client")
    other_key = authority.issue("other")[1]
    with serving(tls=tls(authority.issue("server"))) as server:
        for verify, cert in [
            (missing, None),
            (str(broken), None),
            (authority.file, (certificate, missing)),
            (authority.file, (str(broken), key)),
            (authority.file, (certificate, other_key)),
        ]:
            what, advice = fault_of(server.url, verify, cert)
            assert "missing, unreadable or damaged" in what
            assert "hostprivkey" in advice


def test_explains_a_server_without_tls(authority: Authority) -> None:
    with serving() as server:
        what, _advice = fault_of(server.url.replace("http:", "https:"), verify=authority.file)
    assert "the TLS connection failed" in what


def test_a_client_certificate_stays_with_its_server(authority: Authority) -> None:
    certificate = authority.issue("server")
    with (
        serving(tls=tls(certificate)) as other,
        serving(redirect(other.url), tls=tls(certificate)) as server,
    ):
        with http.session(verify=authority.file) as client:
            assert client.get(server.url).status_code == 200
            assert len(other.came) == 1
        with (
            http.session(verify=authority.file, cert=authority.issue("client")) as client,
            pytest.raises(http.RefusedRedirectError),
        ):
            client.get(server.url)
        assert len(other.came) == 1


def test_a_password_stays_with_its_server(authority: Authority) -> None:
    certificate = authority.issue("server")
    with (
        serving(tls=tls(certificate)) as other,
        serving(redirect(other.url), tls=tls(certificate)) as server,
        http.session(verify=authority.file) as client,
    ):
        client.get(server.url, auth=("user", "sesame"))
    assert "Authorization" in server.came[0][2]
    assert "Authorization" not in other.came[0][2]


def test_authorities_come_from_the_environment_first() -> None:
    assert http.authorities({"SSL_CERT_FILE": "/c", "REQUESTS_CA_BUNDLE": "/a"}) == "/a"
    assert http.authorities({"SSL_CERT_FILE": "/c", "CURL_CA_BUNDLE": "/b"}) == "/b"
    assert http.authorities({"SSL_CERT_FILE": "/c"}) == "/c"


def test_authorities_are_those_of_the_distribution() -> None:
    system = ssl.get_default_verify_paths()
    assert http.authorities({}) in (system.openssl_cafile, system.openssl_capath, True)
    with http.session() as client:
        assert client.verify == http.authorities({})


# Other faults


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


# Proxies


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
