"""What the timer, cron and the analytics service run: nothing without a clear opt-in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.common.errors import NotOptedInError, PuppetError, SwitchedOffError
from tests.unit.puppetserver.standing import run, told

MODULE = ("-I", "-m", "dropsonde_puppetserver.scheduled")
FROM_SERVER = "--from-server"


def say(confd: Path, text: str) -> dict[str, str]:
    """Write the configuration, and give the environment."""
    (confd / "dropsonde.conf").write_text(text)
    return {"CONFIG": str(confd)}


def test_an_opt_in_submits(python: Path, confd: Path) -> None:
    environ = say(confd, "dropsonde: { enabled: true }")
    answer, err = told(python, *MODULE, environ=environ)
    assert answer["words"] == ["submit", "--scheduled"]
    assert answer["environ"]["PUPPET_VARDIR"] == "/a/var"
    assert answer["environ"]["CONFIG"] == str(confd)
    assert err == ""


def test_the_interval_of_the_server_counts(python: Path, confd: Path) -> None:
    environ = say(confd, "dropsonde: { enabled: true, interval: 86400 }")
    answer, _ = told(python, *MODULE, environ=environ)
    assert answer["words"] == ["submit", "--scheduled", "--interval", "86400"]


def test_a_bad_interval_is_told_and_passed_over(python: Path, confd: Path) -> None:
    environ = say(confd, "dropsonde: { enabled: true, interval: soon }")
    answer, err = told(python, *MODULE, environ=environ)
    assert answer["words"] == ["submit", "--scheduled"]
    (line,) = err.splitlines()
    assert line.startswith("dropsonde: ")
    assert "interval" in line


def test_nothing_is_sent_of_a_puppet_that_may_be_another(python: Path, confd: Path) -> None:
    text = "jruby-puppet { server-var-dir: ${NOPE} }\n"
    (confd / "puppetserver.conf").write_text(text)
    done = run(python, *MODULE, environ=say(confd, "dropsonde: { enabled: true }"))
    assert (done.returncode, done.stdout) == (PuppetError.exit_code, "")
    assert "jruby-puppet.server-var-dir substitutes something that is not set" in done.stderr
    done = run(python, *MODULE, environ=say(confd, "dropsonde: { enabled: false }"))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_analytics_service_is_not_kept_waiting(python: Path, confd: Path) -> None:
    environ = say(confd, "dropsonde: { enabled: true }")
    answer, _ = told(python, *MODULE, FROM_SERVER, environ=environ)
    assert answer["words"] == ["submit", "--scheduled", "--no-slot", "--splay", "0"]


@pytest.mark.parametrize("text", ["", "dropsonde: { enabled: false }", "dropsonde: {}"])
def test_without_an_opt_in_there_is_nothing_to_say(text: str, python: Path, confd: Path) -> None:
    done = run(python, *MODULE, environ=say(confd, text))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("text", ["", "dropsonde: { enabled: false }", "dropsonde: {}"])
def test_the_analytics_service_hears_why(text: str, python: Path, confd: Path) -> None:
    done = run(python, *MODULE, FROM_SERVER, environ=say(confd, text))
    assert (done.returncode, done.stdout) == (NotOptedInError.exit_code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("dropsonde: nothing was sent: ")


@pytest.mark.parametrize("text", ["dropsonde: { enabled: yes }", "dropsonde: {"])
@pytest.mark.parametrize("more", [(), (FROM_SERVER,)])
def test_a_problem_is_always_told(
    text: str, more: tuple[str, ...], python: Path, confd: Path
) -> None:
    done = run(python, *MODULE, *more, environ=say(confd, text))
    assert (done.returncode, done.stdout) == (NotOptedInError.exit_code, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"dropsonde: nothing was sent: {confd}/dropsonde.conf: ")


def test_closed_streams(python: Path, confd: Path) -> None:
    environ = say(confd, "dropsonde: { enabled: false }")
    script = '"$@" <&- >&- 2>&-'
    command = ("sh", "-c", script, "sh", python, *MODULE, FROM_SERVER)
    assert run(*command, environ=environ).returncode == NotOptedInError.exit_code


def test_it_loads_nothing_heavy() -> None:
    code = "import sys, dropsonde_puppetserver.scheduled; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"requests", "yaml", "jsonschema", "tree_sitter"} & set(done.stdout.split())


@pytest.mark.parametrize("more", [(), (FROM_SERVER,)])
def test_a_switch_is_stronger_than_an_opt_in(
    more: tuple[str, ...], python: Path, confd: Path
) -> None:
    """The timer, every hour, says nothing of it; the analytics service hears why."""
    environ = say(confd, "dropsonde: { enabled: true }") | {"DO_NOT_TRACK": "1"}
    done = run(python, *MODULE, *more, environ=environ)
    assert done.stdout == ""
    if more:
        assert done.returncode == SwitchedOffError.exit_code
        (line,) = done.stderr.splitlines()
        assert line.endswith("nobody is asked: DO_NOT_TRACK is set: unset it, or set it to 0")
    else:
        assert (done.returncode, done.stderr) == (0, "")
