"""The documentation says what the program does: its tables are made anew, its commands are run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.cli.parser import build_parser

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (ext/.*)$", README, re.MULTILINE)
SAID = sorted(
    {
        command
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for command in re.findall(r"`dropsonde ([^`]*)`", page.read_text(encoding="utf-8"))
    }
)


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_table_is_what_the_program_says() -> None:
    checked = run(sys.executable, "ext/docs.py", "--check")
    assert (checked.stderr, checked.returncode) == ("", 0)


@pytest.mark.parametrize("command", SAID)
def test_every_command_that_is_named_exists(command: str) -> None:
    build_parser().parse_args(shlex.split(command))


def test_ci_runs_the_command_of_the_readme() -> None:
    assert COMMANDS[1] == "ext/test"
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()[-1] == "exec ext/test"


def test_the_first_command_shows_a_report_in_a_copy_with_nothing_installed(tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    files = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    clean = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    shown = subprocess.run(
        ["sh", "-c", COMMANDS[0]],
        cwd=copy,
        env={**clean, **kept},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "puppetlabs-ntp" in shown.stdout


def test_the_example_metric_is_found_once_it_is_installed(tmp_path: Path) -> None:
    installed = run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--target", tmp_path / "site", ROOT / "docs/example-metric"),
    )
    assert installed.returncode == 0, installed.stderr
    shown = run(
        *(sys.executable, "-m", "dropsonde", "preview", "--demo"),
        *("--format", "json", "--only", "module_sizes"),
        PYTHONPATH=str(tmp_path / "site"),
    )
    assert shown.returncode == 0, shown.stderr
    snapshots = json.loads(shown.stdout)["self-service-analytics"]["snapshots"]
    assert {"name": "ntp", "class_count": 3} in snapshots["module_sizes"]["value"]
    listed = run(sys.executable, "-m", "dropsonde", "list", PYTHONPATH=str(tmp_path / "site"))
    assert "module_sizes (from entry point module_sizes of dropsonde-example)" in listed.stdout
