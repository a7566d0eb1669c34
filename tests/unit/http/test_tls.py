"""Whom the client trusts, and what it says where it does not; with certificates by openssl."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from dropsonde import http
from dropsonde.http.authorities import BUNDLES
from tests.doubles.authority import Authority
from tests.unit.http.answering import redirect, serving


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


CBC = "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"
AEAD = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")


@pytest.mark.parametrize("with_certificate", [False, True])
def test_refuses_a_server_that_has_cbc_alone_and_says_why(
    authority: Authority, *, with_certificate: bool
) -> None:
    context = tls(authority.issue("server"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CBC)
    cert = authority.issue("client") if with_certificate else None
    with serving(tls=context) as server:
        what, advice = fault_of(server.url, authority.file, cert)
    assert "it offers neither TLS 1.3 nor TLS 1.2 with AES-GCM or ChaCha20" in what
    assert advice.startswith("enable one of these on that server")
    assert server.came == []


@pytest.mark.parametrize("suite", [*AEAD, "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_takes_every_suite_of_tls_1_2_with_aead(authority: Authority, suite: str) -> None:
    context = tls(authority.issue("server"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    with serving(tls=context) as server, http.session(verify=authority.file) as client:
        assert client.get(server.url).status_code == 200


def test_offers_no_suite_without_aead_and_without_an_ephemeral_key() -> None:
    offered = [suite["name"] for suite in http.context().get_ciphers()]
    assert set(AEAD) < set(offered)
    for name in offered:
        assert name.startswith(("TLS_", "ECDHE-", "DHE-"))
        assert any(aead in name for aead in ("GCM", "CHACHA20", "TLS_AES_128_CCM"))


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
    own = (system.openssl_cafile, system.openssl_capath, *BUNDLES)
    assert http.authorities({}) in (own if any(map(os.path.exists, own)) else (True,))
    with http.session() as client:
        assert client.verify == http.authorities({})
