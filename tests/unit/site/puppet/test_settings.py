from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde.common.errors import PuppetError
from dropsonde.site.puppet.settings import PuppetSettings, read_settings
from tests.support.places import let_others_in
from tests.support.unprivileged import run_as_nobody

NOBODY = 65534


def read(root: Path, *, uid: int = 0, **environ: str) -> PuppetSettings:
    return read_settings(
        environ, uid=uid, home=root / "home", hostname=lambda: "Host.Example.Com.", root=root
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_an_empty_machine_has_upstreams_layout(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.confdir == tmp_path / "etc/puppetlabs/puppet"
    assert found.codedir == tmp_path / "etc/puppetlabs/code"
    assert found.vardir == tmp_path / "opt/puppetlabs/puppet/cache"
    assert found.logdir == tmp_path / "var/log/puppetlabs/puppet"
    assert found.ssldir == tmp_path / "etc/puppetlabs/puppet/ssl"
    assert found.cacert == tmp_path / "etc/puppetlabs/puppetserver/ca/ca_crt.pem"
    assert found.hostcert == found.ssldir / "certs/host.example.com.pem"
    assert found.environmentpath == (tmp_path / "etc/puppetlabs/code/environments",)
    assert found.basemodulepath == (
        tmp_path / "etc/puppetlabs/code/modules",
        tmp_path / "opt/puppetlabs/puppet/modules",
    )
    assert found.module_repository == "https://forgeapi.puppet.com"
    assert (found.http_proxy_host, found.http_proxy_port) == ("", "3128")
    assert (found.http_proxy_user, found.http_proxy_password) == ("", "")
    assert found.no_proxy == "localhost, 127.0.0.1"


def test_etc_puppet_alone_is_debians_layout(tmp_path: Path) -> None:
    (tmp_path / "etc/puppet").mkdir(parents=True)
    found = read(tmp_path)
    assert found.confdir == tmp_path / "etc/puppet"
    assert found.vardir == tmp_path / "var/cache/puppet"
    assert found.ssldir == tmp_path / "var/lib/puppet/ssl"
    assert found.cadir == tmp_path / "etc/puppet/puppetserver/ca"
    assert found.basemodulepath[1] == tmp_path / "usr/share/puppet/modules"


@pytest.mark.parametrize(
    "there", ["etc/puppetlabs/puppet/puppet.conf", "opt/puppetlabs/puppet/bin/puppet"]
)
def test_upstreams_layout_wins_over_what_debian_left(tmp_path: Path, there: str) -> None:
    (tmp_path / "etc/puppet").mkdir(parents=True)
    write(tmp_path / there, "")
    assert read(tmp_path).confdir == tmp_path / "etc/puppetlabs/puppet"


def test_a_user_has_directories_below_the_home(tmp_path: Path) -> None:
    write(tmp_path / "home/.puppetlabs/etc/puppet/puppet.conf", "certname = user.x\n")
    found = read(tmp_path, uid=NOBODY)
    assert found.certname == "user.x"
    assert found.codedir == tmp_path / "home/.puppetlabs/etc/code"
    assert found.vardir == tmp_path / "home/.puppetlabs/opt/puppet/cache"
    assert found.logdir == tmp_path / "home/.puppetlabs/var/log"


@pytest.mark.parametrize("owned", [True, False])
def test_debians_ssldir_is_for_the_user_that_owns_it(tmp_path: Path, *, owned: bool) -> None:
    (tmp_path / "etc/puppet").mkdir(parents=True)
    system = tmp_path / "var/lib/puppet/ssl"
    system.mkdir(parents=True)
    # Whoever runs this test owns the directory; the reader is that user, or the next one.
    uid = system.stat().st_uid + (0 if owned else 1)
    found = read(tmp_path, uid=uid)
    assert found.ssldir == (system if owned else tmp_path / "home/.puppet/etc/ssl")


def test_the_variables_win_over_puppet_conf(tmp_path: Path) -> None:
    write(
        tmp_path / "elsewhere/puppet.conf",
        "[server]\ncodedir = /no\nvardir = /no\nlogdir = /no\ncertname = here.x\n",
    )
    found = read(
        tmp_path,
        PUPPET_CONFDIR=f"{tmp_path}/elsewhere",
        PUPPET_CODEDIR="/given/code",
        PUPPET_VARDIR="/given/var",
        PUPPET_LOGDIR="/given/log",
    )
    assert found.certname == "here.x"
    assert found.confdir == tmp_path / "elsewhere"
    assert found.codedir == Path("/given/code")
    assert found.vardir == Path("/given/var")
    assert found.logdir == Path("/given/log")


def test_an_empty_variable_is_unset(tmp_path: Path) -> None:
    assert read(tmp_path, PUPPET_CONFDIR="") == read(tmp_path)


def test_the_host_is_not_asked_where_a_certname_is_given(tmp_path: Path) -> None:
    def unasked() -> str:
        raise AssertionError

    write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", "[main]\ncertname = a.x\n")
    found = read_settings({}, uid=0, home=tmp_path, hostname=unasked, root=tmp_path)
    assert found.hostprivkey.name == "a.x.pem"


def test_the_password_is_not_in_the_repr(tmp_path: Path) -> None:
    conf = "[main]\nhttp_proxy_host = proxy.x\nhttp_proxy_password = hidden\n"
    write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", conf)
    found = read(tmp_path)
    assert found.http_proxy_password == "hidden"
    assert "hidden" not in repr(found)
    assert "hidden" not in repr(found.lookup)
    assert "proxy.x" in repr(found)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/tls { owner = service, mode = 0771 }", "/tls"),
        ("'/tls  '", "/tls"),
        ("/a/../tls//", "/tls"),
        ("tls", "/tls"),
        ("/tls # no comment", "/tls # no comment"),
        ("/$environment/$run_mode", "/$environment/server"),
        ("/tls$", "/tls$"),
    ],
)
def test_a_value_as_puppet_reads_it(tmp_path: Path, written: str, expected: str) -> None:
    write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", f"[main]\r\nssldir = {written}\r\n")
    assert read(tmp_path).ssldir == Path(expected)


def test_server_wins_over_master_over_main(tmp_path: Path) -> None:
    conf = "[main]\ncertdir=/1\nssldir=/1\ncodedir=/1\n[agent]\ncodedir=/0\n"
    conf += "[master]\nssldir=/2\ncertdir=/2\n[server]\ncertdir=/3\n[server]\ncertdir=/4\n"
    write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", conf)
    found = read(tmp_path)
    assert (found.codedir, found.ssldir, found.certdir) == (Path("/1"), Path("/2"), Path("/3"))


def test_a_boolean_is_a_text_where_a_text_is_meant(tmp_path: Path) -> None:
    write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", "[main]\nno_proxy = TRUE\n")
    assert read(tmp_path).no_proxy == "true"


def test_the_old_directory_of_the_ca_counts_while_it_is_there(tmp_path: Path) -> None:
    old = tmp_path / "etc/puppetlabs/puppet/ssl/ca"
    old.mkdir(parents=True)
    assert read(tmp_path).cadir == old
    old.rmdir()
    old.symlink_to(tmp_path / "moved")
    assert read(tmp_path).cadir == tmp_path / "etc/puppetlabs/puppetserver/ca"  # leads nowhere
    (tmp_path / "moved").mkdir()
    assert read(tmp_path).cadir == tmp_path / "moved"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("secret", "neither a [section]"),
        ("[secret]", "does not allow"),
        ("ssldir = ${secret}/x", "braces"),
        ("ssldir = $secret/x", "known to Puppet"),
        ("http_proxy_password = $secret", "known to Puppet"),
        ("http_proxy_password = sec@ret", "refuses the value"),
        ("http_proxy_port = secret", "refuses the value"),
        ("http_proxy_port = 65536", "refuses the value"),
        ("certname = Secret", "refuses the value"),
        ("versioned_environment_dirs = secret", "refuses the value"),
        ("environmentpath =", "refuses the value"),
        ("ssldir = $certdir/secret", "leads back to itself"),
        ("ssldir = ~secret/x", "user's name"),
        ("ssldir = true", "not a path"),
        ("ssldir = /secret\0", "NUL"),
        ("ssldir = /x { secret = y }", "braces"),
        ("modulepath = /secret", "environment.conf"),
    ],
)
def test_what_puppet_refuses_is_named_by_line_alone(tmp_path: Path, line: str, fault: str) -> None:
    conf = write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", f"# first\n[main]\n{line}\n")
    with pytest.raises(PuppetError) as caught:
        read(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{conf}:3: ")
    assert fault in message
    assert caught.value.advice
    assert "ecret" not in message
    assert "sec@" not in message


def test_bytes_that_are_no_utf_8_are_refused(tmp_path: Path) -> None:
    conf = write(tmp_path / "etc/puppetlabs/puppet/puppet.conf", "")
    conf.write_bytes(b"[main]\n# Gr\xfc\xdfe\n")
    with pytest.raises(PuppetError, match=r"puppet\.conf:2: not UTF-8"):
        read(tmp_path)


def test_a_directory_for_a_puppet_conf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "etc/puppetlabs/puppet/puppet.conf").mkdir(parents=True)
    with pytest.raises(PuppetError, match="Is a directory"):
        read(tmp_path)


# Root may read everything, so another user has to try.
AS_NOBODY = """
import os, sys
from pathlib import Path
from dropsonde.common.errors import PuppetError
from dropsonde.site.puppet.settings import read_settings
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    read_settings({"PUPPET_CONFDIR": sys.argv[1]}, uid=65534, home=Path("/"), hostname=str)
except PuppetError as error:
    print(error)
"""


def test_a_puppet_conf_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    conf = write(tmp_path / "puppet.conf", "[main]\n")
    let_others_in(tmp_path)
    conf.chmod(0)
    done = run_as_nobody(AS_NOBODY, tmp_path)
    assert done.stdout.startswith(f"{conf}: Permission denied: run as root")


@pytest.mark.parametrize(
    ("main", "server"),
    [
        ("certname = A.x", "certname = a.x"),
        ("environmentpath =", "environmentpath = /e"),
        ("basemodulepath =\nenvironmentpath = $basemodulepath", "environmentpath = /e"),
        ("basemodulepath = $basemodulepath", "basemodulepath = /m"),
    ],
)
def test_what_puppet_refuses_in_main_is_refused_whatever_the_server_has(
    tmp_path: Path, main: str, server: str
) -> None:
    conf = tmp_path / "etc/puppetlabs/puppet/puppet.conf"
    write(conf, f"[main]\n{main}\n[server]\n{server}\n")
    with pytest.raises(PuppetError, match=rf"{conf}:[23]: ") as caught:
        read(tmp_path)
    assert "value" in str(caught.value) or "leads back to itself" in str(caught.value)
    write(conf, f"[main]\nssldir = /$certname\n[server]\n{server}\n")
    read(tmp_path)
