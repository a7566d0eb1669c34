"""Every exit code, reached by a run; every error is one line."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dropsonde.common import errors

if TYPE_CHECKING:
    from tests.support.program import Program

USAGE = [
    (),
    ("frobnicate",),
    ("preview", "extra\nline"),
    ("preview", "--format", "xml"),
    ("list", "--ttl", "soon"),
    ("dev", "example", "--size", "-1"),
    ("preview", "--demo", "--only", "nonsense"),
]


@pytest.fixture
def nobody() -> str:
    """A URL on loopback where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("words", USAGE)
def test_usage(program: Program, words: tuple[str, ...]) -> None:
    result = program.run(*words)
    assert (result.code, result.out) == (errors.UsageError.exit_code, "")
    assert result.complaint


@pytest.mark.parametrize(
    "yaml", ["::: [", ":colour: red", ":ttl: -1", ":update: 7", ":siteid: acme", "- 1"]
)
def test_config(program: Program, yaml: str) -> None:
    (program.home / "telemetry.yaml").write_text(yaml)
    result = program.run("list")
    assert (result.code, result.out) == (errors.ConfigError.exit_code, "")
    assert "telemetry.yaml" in result.complaint


def test_a_config_that_was_named_must_exist(program: Program) -> None:
    result = program.run("--config", "nowhere.yaml", "list")
    assert result.code == errors.ConfigError.exit_code
    assert result.complaint.startswith("nowhere.yaml: No such file")


def test_puppet(program: Program) -> None:
    (program.home / "conf/puppet.conf").write_text("[main\n")
    result = program.run("preview", "--no-update")
    assert (result.code, result.out) == (errors.PuppetError.exit_code, "")
    assert "puppet.conf" in result.complaint


def test_forge(program: Program, nobody: str) -> None:
    result = program.run("update", "--forge", nobody)
    assert (result.code, result.out) == (errors.ForgeError.exit_code, "")
    assert f"{nobody}" in result.complaint


def test_puppetdb(program: Program, nobody: str) -> None:
    program.list_public("puppetlabs-stdlib")
    result = program.run("preview", "--no-update", "--puppetdb", nobody)
    assert result.code == errors.IncompleteError.exit_code
    assert f"{nobody}: the connection was refused" in result.complaint
    assert "missing: PuppetDB did not answer" in result.out


@pytest.mark.parametrize("source", ["import nowhere", "raise SystemExit(0)", "def"])
def test_plugin(program: Program, source: str) -> None:
    plugins = program.home / "plugins"
    plugins.mkdir(mode=0o755)
    (plugins / "mine.py").write_text(source)
    result = program.run("list", "--plugins", "plugins")
    assert (result.code, result.out) == (errors.PluginError.exit_code, "")
    assert "mine.py" in result.complaint


def test_file(program: Program) -> None:
    (program.home / "file").touch()
    # Below a file nobody can make a directory, not even root.
    result = program.run("update", "--cachepath", "file/cache", "--forge", "http://127.0.0.1:1")
    assert (result.code, result.out) == (errors.FileError.exit_code, "")
    assert "Not a directory" in result.complaint


def test_site_id(program: Program) -> None:
    program.list_public("puppetlabs-stdlib")
    (program.cache / "seed").write_bytes(b"short")
    result = program.run("preview", "--no-update")
    assert (result.code, result.out) == (errors.SiteIdError.exit_code, "")
    assert "short" not in result.complaint


def test_a_fault_of_ours(program: Program) -> None:
    broken = program.home / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import dropsonde.report.plugins\ndropsonde.report.plugins.load = lambda directory: 1 / 0\n"
    )
    result = program.run("list", environ={"PYTHONPATH": str(broken)})
    assert (result.code, result.out) == (errors.DropsondeError.exit_code, "")
    assert "unexpected ZeroDivisionError" in result.complaint
    verbose = program.run("list", "-v", environ={"PYTHONPATH": str(broken)})
    assert "Traceback" in verbose.err
    assert verbose.err.splitlines()[-1] == f"dropsonde: {result.complaint}"


def test_verbose_shows_the_traceback_of_an_expected_error(program: Program) -> None:
    result = program.run("-v", "list", "--plugins", "nowhere")
    assert result.code == errors.PluginError.exit_code
    assert "Traceback" in result.err
    assert result.err.splitlines()[-1].startswith("dropsonde: nowhere: ")
