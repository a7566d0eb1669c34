"""Puppet Server's own variables: known where a shell and systemd read the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dropsonde_puppetserver.server import read_server
from dropsonde_puppetserver.variables import variables
from tests.support.patience import PATIENCE
from tests.unit.puppetserver.hosts import make_host

DEFAULT = "etc/default/puppetserver"
CONF = "etc/puppet/puppetserver/conf.d/puppetserver.conf"
PLAIN = {
    "NAME=value": "value",
    "NAME=": "",
    "NAME=''": "",
    'NAME="/var/lib/puppetserver"': "/var/lib/puppetserver",
    "NAME='a b'": "a b",
    "NAME='$5'": None,  # a shell reads it so, but there is no need for it
    'NAME="a # b"': "a # b",
    'NAME="it\'s"': "it's",
    "  NAME=0.0.0.0  ": "0.0.0.0",  # noqa: S104  # nothing listens
    "export NAME=value": "value",
    "NAME=a:b,c=d@e%f+g/h-i": "a:b,c=d@e%f+g/h-i",
    "NAME=old\n# NAME=no\n\nNAME=new": "new",
}
DOUBTFUL = (
    "NAME=value # a comment",
    'NAME="value"# none',
    'NAME="a"b',
    "NAME=a\\ b",
    "NAME=value\\\n",
    'NAME="a\\"b"',
    "NAME=$OTHER",
    'NAME="${NAME:-value}"',
    "NAME=`hostname`",
    "NAME=$(hostname)",
    "NAME=~/x",
    "NAME=a;b",
    "NAME=a OTHER=b",
    'NAME="a\nb"',
    "NAME=value\r",
    "NAME=a\nNAME+=b",
    "NAME=a\n[ -e /none ] && NAME=b",
    "NAME=a\nif false; then\n  NAME=b\nfi",
    "# a comment \\\nNAME=value",
    'OTHER="\nNAME=value\n"',
    "; comment\nNAME=value",
)


def put(root: Path, text: str, file: str = DEFAULT) -> Path:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text, newline="")
    return root


def sourced(text: str) -> str:
    """What a shell sets, as ``puppetserver`` sources it."""
    done = subprocess.run(
        ["sh", "-c", 'set -a; eval "$1"; printf %s "$NAME"', "sh", text],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(("text", "value"), PLAIN.items())
def test_a_plain_value_is_known_as_a_shell_reads_it(
    text: str, value: str | None, tmp_path: Path
) -> None:
    known = variables(put(tmp_path, f"{text}\n")).known.get("NAME")
    assert known == value
    assert value is None or sourced(text) == value


@pytest.mark.parametrize("text", DOUBTFUL)
def test_any_other_value_is_known_to_nobody(text: str, tmp_path: Path) -> None:
    found = variables(put(tmp_path, f"BEFORE=1\n{text}\n"))
    assert found.known["BEFORE"] == "1"
    assert "NAME" not in found.known
    # Not even to a caller that has executed it.
    assert found.over({"NAME": "executed", "HOME": "/root"}) == found.known | {"HOME": "/root"}


def test_nothing_in_the_file_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    variables(put(tmp_path, f"touch {mark}\nNAME=$(touch {mark})\nOTHER=`touch {mark}`\n"))
    assert not mark.exists()


def test_the_servers_variables_come_first_and_others_are_kept(tmp_path: Path) -> None:
    found = variables(put(tmp_path, "NAME=ours\n"))
    assert found.over({"NAME": "mine", "HOME": "/root"}) == {"NAME": "ours", "HOME": "/root"}
    assert variables(tmp_path / "none").over({"NAME": "mine"}) == {"NAME": "mine"}


@pytest.mark.parametrize("file", [DEFAULT, "etc/sysconfig/puppetserver"])
def test_a_directory_is_the_same_whoever_asks(file: str, tmp_path: Path) -> None:
    """A shell, cron, the unit and the subcommand start with different variables."""
    root = make_host(tmp_path / "host", "debian")
    (root / CONF).write_text("jruby-puppet: { server-var-dir: ${SERVER_VAR} }\n")
    callers: tuple[dict[str, str], ...] = (
        {},
        {"SERVER_VAR": "/of/my/shell"},
        {"SERVER_VAR": "/srv/var", "JAVA_ARGS": "-Xmx1g"},
    )
    put(root, "SERVER_VAR=/srv/var\n", file)
    assert {read_server(each, root).environ["PUPPET_VARDIR"] for each in callers} == {"/srv/var"}
    put(root, 'SERVER_VAR="$(echo /srv/var)"\n', file)
    told = [read_server(each, root).unknown for each in callers]
    assert all("substitutes something that is not set" in each["PUPPET_VARDIR"] for each in told)


def test_a_containers_variables_count_where_no_file_sets_them(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    (root / CONF).write_text("jruby-puppet: { server-var-dir: ${SERVER_VAR} }\n")
    environ = {"SERVER_VAR": "/srv/var"}
    assert read_server(environ, root).environ["PUPPET_VARDIR"] == "/srv/var"


def test_dropsonde_gets_the_servers_variables_unless_its_caller_set_others(
    tmp_path: Path,
) -> None:
    root = make_host(tmp_path / "host", "debian")
    put(root, "https_proxy=http://proxy:3128\nPUPPET_VARDIR=/srv/var\nHOME=/nowhere\n")
    environ = read_server({"HOME": "/root"}, root).environ
    assert environ["https_proxy"] == "http://proxy:3128"
    assert environ["PUPPET_VARDIR"] == "/srv/var"
    assert environ["HOME"] == "/root"
    assert read_server({"PUPPET_VARDIR": "/mine"}, root).environ["PUPPET_VARDIR"] == "/mine"
