"""``puppetserver dropsonde``: told where Puppet lives, and dropsonde itself from then on."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from dropsonde.common.errors import PuppetError
from dropsonde_puppetserver.integration.text import render
from dropsonde_puppetserver.server import read_server
from tests.support.patience import PATIENCE
from tests.unit.puppetserver.hosts import UPSTREAM, make_host
from tests.unit.puppetserver.standing import run, told

PATH = os.environ["PATH"]


@pytest.fixture
def wrapper(python: Path, tmp_path: Path) -> Path:
    """The file in ``cli/apps``."""
    path = tmp_path / "the wrapper"
    path.write_bytes(render("cli/dropsonde", str(python)))
    path.chmod(0o755)
    return path


@pytest.fixture
def environ(confd: Path) -> dict[str, str]:
    """What ``puppetserver`` exports."""
    return {"PATH": PATH, "CONFIG": str(confd), "INSTALL_DIR": "/usr/share/puppetserver"}


def test_puppets_directories_are_those_of_the_server(
    wrapper: Path, environ: dict[str, str]
) -> None:
    answer, err = told(wrapper, "list", environ=environ)
    found = answer["environ"]
    assert found["PUPPET_CONFDIR"] == "/a/conf"
    assert found["PUPPET_CODEDIR"] == "/a/code"
    assert found["PUPPET_VARDIR"] == "/a/var"
    assert found["PUPPET_LOGDIR"] == "/a/log"
    assert found["CONFIG"] == environ["CONFIG"]
    assert answer["isolated"] == 1
    assert err == ""


def test_what_the_user_sets_wins(wrapper: Path, environ: dict[str, str]) -> None:
    mine = {"PUPPET_CONFDIR": "/my/conf", "PUPPET_VARDIR": "", "OTHER": "kept"}
    found = told(wrapper, "list", environ=environ | mine)[0]["environ"]
    assert found["PUPPET_CONFDIR"] == "/my/conf"
    assert found["PUPPET_VARDIR"] == "/a/var"
    assert found["OTHER"] == "kept"


def test_a_configuration_that_does_not_parse_is_told_once(
    wrapper: Path, environ: dict[str, str], confd: Path
) -> None:
    (confd / "puppetserver.conf").write_text("a: {\n")
    answer, err = told(wrapper, "list", environ=environ)
    assert answer["environ"]["PUPPET_VARDIR"] == "/var/lib/puppetserver"
    (line,) = err.splitlines()
    assert line.startswith(f"dropsonde: {confd}/puppetserver.conf: ")
    assert line.endswith("Puppet's directories are taken to be the package's")


def test_another_file_that_does_not_parse_hides_no_directory(
    wrapper: Path, environ: dict[str, str], confd: Path
) -> None:
    (confd / "broken.conf").write_text("a: {\n")
    answer, err = told(wrapper, "list", environ=environ)
    assert (answer["environ"]["PUPPET_VARDIR"], err) == ("/a/var", "")


def test_a_directory_that_is_not_understood_ends_it_unless_the_user_sets_it(
    wrapper: Path, environ: dict[str, str], confd: Path
) -> None:
    (confd / "puppetserver.conf").write_text("jruby-puppet { server-var-dir: ${NOPE} }\n")
    done = run(wrapper, "list", environ=environ)
    assert (done.returncode, done.stdout) == (PuppetError.exit_code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"dropsonde: {confd}/puppetserver.conf: line 1: jruby-puppet.server-var")
    assert line.endswith("or set PUPPET_VARDIR")
    answer, err = told(wrapper, "list", environ=environ | {"PUPPET_VARDIR": "/my/var"})
    assert (answer["environ"]["PUPPET_VARDIR"], err) == ("/my/var", "")


def test_without_a_configuration_the_packages_directories_count(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    server = read_server({"HOME": "/root"}, root)
    assert server.conf is not None
    assert server.environ["HOME"] == "/root"
    assert server.environ["CONFIG"] == str(root / "etc/puppetlabs/puppetserver/conf.d")
    assert server.environ["PUPPET_CONFDIR"] == str(root / "etc/puppetlabs/puppet")


def test_the_install_dir_tells_the_packaging(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    given = {"INSTALL_DIR": str(root / UPSTREAM), "CONFIG": str(tmp_path)}
    assert read_server(given, root).environ["PUPPET_CODEDIR"] == str(root / "etc/puppetlabs/code")


def test_without_a_puppet_server_nothing_is_set(tmp_path: Path) -> None:
    server = read_server({"HOME": "/root"}, tmp_path)
    assert server.conf is None
    assert server.environ == {"HOME": "/root"}


def test_arguments_pass_as_they_are(wrapper: Path, environ: dict[str, str]) -> None:
    words = [b"two words", b"", b"new\nline", b"'\"$HOME`id`\\", b"-x", b"\xff\xfe", b"*", b"--"]
    answer, _ = told(wrapper, *words, environ=environ)
    assert [word.encode("latin-1") for word in answer["words"]] == words


def test_stdin_passes(wrapper: Path, environ: dict[str, str]) -> None:
    assert told(wrapper, "stdin", environ=environ, stdin="a\nb\n")[0]["stdin"] == "a\nb\n"


@pytest.mark.parametrize("code", [0, 1, 6, 141, 255])
def test_the_exit_code_passes(code: int, wrapper: Path, environ: dict[str, str]) -> None:
    assert run(wrapper, "exit", str(code), environ=environ).returncode == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGUSR1])
def test_signals_reach_it(number: signal.Signals, wrapper: Path, environ: dict[str, str]) -> None:
    """It has the process id of what was started: there is nobody in between."""
    process = subprocess.Popen([wrapper, "wait"], env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == -number


def test_ctrl_c_on_a_terminal(wrapper: Path, environ: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", "env", "--default-signal=INT", wrapper, "wait"],
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    with os.fdopen(ours, "rb+", buffering=0) as terminal:
        assert terminal.readline() == b"ready\r\n"
        terminal.write(b"\x03")
        assert terminal.readline() == b"^Cinterrupted\r\n"
        assert process.wait(PATIENCE) == 130


def test_the_terminal_is_its_own(wrapper: Path, environ: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [wrapper, "list"], env=environ, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        assert b'"tty": [true, true, true]' in terminal.readline()
        assert process.wait(PATIENCE) == 0


def test_a_closed_pipe(wrapper: Path, environ: dict[str, str]) -> None:
    script = '"$0" flood | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"'
    assert run("bash", "-c", script, wrapper, environ=environ).stdout == "141\n"


def test_closed_streams(wrapper: Path, environ: dict[str, str]) -> None:
    done = run("sh", "-c", '"$0" exit 7 <&- 2>&-', wrapper, environ=environ)
    assert done.returncode == 7
