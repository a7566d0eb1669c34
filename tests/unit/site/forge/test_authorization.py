"""A token goes to its Forge alone, and is shown nowhere."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dropsonde import http
from dropsonde.common.errors import ForgeError
from dropsonde.report.probe import Probe
from dropsonde.settings.resolve import resolve
from dropsonde.site.forge.authorization import Authorization, is_same_server, read_token
from tests.doubles.authority import Authority
from tests.doubles.endpoint import LoopbackEndpoint
from tests.doubles.forge import LoopbackForge, names
from tests.support.program import Program
from tests.support.sites import put
from tests.support.submitting import to
from tests.unit.http.answering import redirect, serving

SECRET = "s3same-0pen"
BEARER = f"Bearer {SECRET}"


def token_file(directory: Path, text: str = SECRET, mode: int = 0o640) -> Path:
    file = put(directory / "token", text)
    file.chmod(mode)
    return file


def probe(root: Path, conf: str = "", environ: dict[str, str] | None = None, **given: Any) -> Probe:
    put(root / "puppet.conf", f"[main]\n{conf}\n")
    home = {"PUPPET_CONFDIR": str(root), "PUPPET_VARDIR": str(root / "var")}
    return Probe(resolve(given, None, required=False), {**home, **(environ or {})})


def update(made: Probe) -> None:
    made.public.update(lambda _done, _total: None)


def sent(forge: LoopbackForge) -> set[str | None]:
    return {request.headers["Authorization"] for request in forge.requests}


@contextmanager
def nothing_shown(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.DEBUG):
        yield
    assert SECRET not in caplog.text


@pytest.mark.parametrize("text", [SECRET, f"{SECRET}\n", BEARER, f"  {BEARER} \n"])
def test_a_token_file_is_sent_to_the_forge(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with LoopbackForge(names(30)) as forge, nothing_shown(caplog):
        file = str(token_file(tmp_path, text))
        made = probe(tmp_path, forge=forge.url, forge_token_file=file)
        update(made)
        assert SECRET not in f"{made.settings!r} {made.settings.public()}"
    assert sent(forge) == {BEARER}


def test_without_a_token_there_is_no_header(tmp_path: Path) -> None:
    with LoopbackForge(names(30)) as forge:
        update(probe(tmp_path, forge=forge.url))
    assert sent(forge) == {None}


def test_puppets_own_is_sent_unchanged_to_puppets_own_forge(tmp_path: Path) -> None:
    with LoopbackForge(names(30)) as forge, LoopbackForge(names(30)) as other:
        conf = f"module_repository = {forge.url}/\nforge_authorization = {SECRET}"
        made = probe(tmp_path / "a", conf, forge=forge.url)
        update(made)
        assert SECRET not in repr(made.puppet)
        update(probe(tmp_path / "b", conf, forge=other.url))
    assert sent(forge) == {SECRET}
    assert sent(other) == {None}


def test_a_token_replaces_the_password_in_the_url(tmp_path: Path) -> None:
    with LoopbackForge(names(30)) as forge:
        url = forge.url.replace("//", "//user:word@")
        update(probe(tmp_path, forge=url, forge_token_file=str(token_file(tmp_path))))
    assert sent(forge) == {BEARER}


def test_a_redirect_takes_it_nowhere_else(tmp_path: Path) -> None:
    authority = Authority.make(tmp_path)
    context = authority.server("server")
    with (
        serving(tls=context) as other,
        serving(redirect(f"{other.url}/there"), tls=context) as server,
        http.session(verify=authority.file) as session,
    ):
        session.auth = Authorization(server.url, BEARER)
        assert session.get(server.url).status_code == 200
        assert session.get(f"{other.url}/itself").status_code == 200
        assert session.get(f"{server.url}/again").status_code == 200
    assert [headers["Authorization"] for _, _, headers in server.came] == [BEARER, BEARER]
    assert [headers["Authorization"] for _, _, headers in other.came] == [None, None]


def test_no_proxy_gets_it(tmp_path: Path) -> None:
    with serving() as proxy, LoopbackForge(names(30)) as forge:
        by_proxy = {"http_proxy": proxy.url, "no_proxy": ""}
        file = str(token_file(tmp_path))
        update(probe(tmp_path, environ=by_proxy, forge=forge.url, forge_token_file=file))
    assert proxy.came == []
    assert sent(forge) == {BEARER}


def test_it_is_not_sent_in_plain_http_to_another_host(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as proxy, nothing_shown(caplog):
        made = probe(
            tmp_path,
            environ={"http_proxy": proxy.url},
            forge="http://forge.example",
            forge_token_file=str(token_file(tmp_path)),
        )
        with pytest.raises(ForgeError, match="a token is only sent over https or to this host"):
            update(made)
    assert proxy.came == []


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o602])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = token_file(tmp_path, mode=mode)
    with pytest.raises(ForgeError) as raised:
        read_token(file)
    assert str(file) in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("text", ["", " \n", f"{SECRET}\n{SECRET}", f"{SECRET}\x7f", f"{SECRET}é"])
def test_what_is_no_token_is_refused_and_not_shown(tmp_path: Path, text: str) -> None:
    with pytest.raises(ForgeError, match="holds no token") as raised:
        read_token(token_file(tmp_path, text))
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("lay", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_small_file_is_refused(tmp_path: Path, lay: Any) -> None:
    lay(tmp_path / "token")
    with pytest.raises(ForgeError):
        read_token(tmp_path / "token")
    with pytest.raises(ForgeError, match="check `:forge_token_file:`"):
        read_token(tmp_path / "none")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example", "https://a.example:443/x", True),
        ("https://a.example", "https://A.example", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:444", False),
        ("https://a.example", "https://b.example", False),
        ("https://a.example", "https://a.example:x", False),
        ("https://user@a.example", "https://a.example", True),
    ],
)
def test_one_server_is_one_scheme_host_and_port(one: str, other: str, *, same: bool) -> None:
    assert is_same_server(one, other) == same


def test_neither_endpoint_nor_puppetdb_gets_it(tmp_path: Path) -> None:
    site = Program(tmp_path)
    file = token_file(tmp_path)
    with (
        LoopbackForge(names(30)) as forge,
        LoopbackEndpoint() as endpoint,
        serving() as puppetdb,
    ):
        more = ("--forge", forge.url, "--forge-token-file", str(file), "--puppetdb", puppetdb.url)
        result = site.run(*to(endpoint, "-v", "--update", "--partial", *more))
        assert site.run("preview", "--ask", "--endpoint", endpoint.url, *more).code == 6
    assert result.code == 0, result.err
    assert sent(forge) == {BEARER}
    assert SECRET not in result.out + result.err
    posted = [request for request in endpoint.received if request.method == "POST"]
    assert (len(posted), len(endpoint.asked)) == (1, 2)
    for request in (*endpoint.received, *endpoint.asked):
        assert SECRET not in str(request.headers)
        assert SECRET.encode() not in request.body
    assert puppetdb.came
    assert SECRET not in str([str(headers) for _, _, headers in puppetdb.came])
