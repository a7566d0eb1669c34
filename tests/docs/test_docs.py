"""The documentation says what the program does: its tables are made anew, its commands are run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import requests

from dropsonde.cli.collector.parser import build_parser as collector_parser
from dropsonde.cli.probe.parser import build_parser
from tests.real.processes import free_port
from tests.support.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO = ("preview", "--demo", "--format", "json")
COMMANDS = re.findall(r"^    (ext/.*)$", README, re.MULTILINE)
SAID = sorted(
    {
        command
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for command in re.findall(r"`dropsonde ([^`]*)`", page.read_text(encoding="utf-8"))
    }
)


# Debian's own Python, whatever else this machine has.
DEBIANS = "/usr/sbin:/usr/bin:/sbin:/bin"
NEWCOMERS = DEBIANS if Path("/etc/debian_version").exists() else os.environ["PATH"]
# What pip says of this machine's own settings, where they name a directory as an index.
MACHINES = " is ignored: it is neither a file nor a directory.\n"
_COLLECTOR = (ROOT / "docs/collector.md").read_text(encoding="utf-8")
COLLECTORS = sorted(set(re.findall(r"`dropsonde-collector ([^`]*)`", _COLLECTOR)))


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


@pytest.mark.parametrize("command", COLLECTORS)
def test_every_command_of_the_collector_exists(command: str) -> None:
    words = shlex.split(command)
    if "--help" in words:
        words = [words[0], "--data", "DIR"]
    assert collector_parser().parse_args(words).command == words[0]


def test_ci_runs_the_command_of_the_readme() -> None:
    assert COMMANDS[1] == "ext/test"
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()[-1] == "exec ext/test"


def test_ci_meets_what_a_newcomer_meets(tmp_path: Path) -> None:
    for name in (".ci", "ext"):
        (tmp_path / name).mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    (tmp_path / "ext/test").write_text('#!/bin/sh\necho "$PATH" "$PIP_NO_CACHE_DIR"\n')
    (tmp_path / "ext/test").chmod(0o755)
    nobody = tmp_path / "nobody"  # with whom it asks the network for nothing
    nobody.mkdir()
    (nobody / "id").write_text("#!/bin/sh\necho 65534\n")
    (nobody / "id").chmod(0o755)
    found = f"{nobody}:{os.environ['PATH']}"
    told = run(tmp_path / ".ci/run", PATH=found)
    path = NEWCOMERS if Path("/etc/debian_version").exists() else found
    assert (told.stdout, told.returncode) == (f"{path} 1\n", 0)


def test_after_a_failure_the_tests_go_on_where_it_was(tmp_path: Path) -> None:
    for name in ("ext", ".venv/bin", "nobody"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "ext/test", tmp_path / "ext/test")
    said = '#!/bin/sh\n[ "$1" = -c ] && echo 3.11 || echo "ran $*"\n'
    for name in ("ext/venv", *(f".venv/bin/{each}" for each in ("python", "ruff", "mypy"))):
        (tmp_path / name).write_text(said)
        (tmp_path / name).chmod(0o755)
    for name, words in {
        "id": "echo 65534",
        **{f"python3.{at}": "exit 1" for at in range(20)},
    }.items():
        (tmp_path / "nobody" / name).write_text(f"#!/bin/sh\n{words}\n")
        (tmp_path / "nobody" / name).chmod(0o755)
    path = f"{tmp_path / 'nobody'}:{os.environ['PATH']}"
    parts = {}
    for begin in ("", "style", "units", "acceptance"):
        told = run(
            tmp_path / "ext/test",
            *(["--from", begin] * bool(begin)),
            PATH=path,
            PYENV_ROOT="/nowhere",
        )
        assert told.returncode == 0, told.stderr
        parts[begin] = re.findall(r"(?m)^== (.*)$", told.stdout)
    every = ["environments", "style, types, packages", "units, Python 3.11", "acceptance"]
    assert parts == {"": every, "style": every, "units": [every[0], *every[2:]],
                     "acceptance": [every[0], every[3]]}  # fmt: skip
    assert run(tmp_path / "ext/test", "--from", "lunch", PATH=path).returncode == 2


def test_nobody_is_told_to_install_by_a_name() -> None:
    """On PyPI `dropsonde` is another project's, and nobody's yet is the name of the wheel."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    named = re.compile(r"pip3?[ '\",]+install\b[^\n`]*[ '\"]dropsonde(?:[-_]telemetry)?(?![-/_\w])")
    assert named.search("/opt/venv/bin/pip install --upgrade 'dropsonde[collector]'")
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__):
            assert named.findall(path.read_text(encoding="utf-8", errors="replace")) == [], name


def test_no_requirement_names_the_project_of_others() -> None:
    """pip would fetch that from PyPI, and run its code."""
    example = (ROOT / "docs/example-metric/pyproject.toml").read_text(encoding="utf-8")
    assert re.findall("^dependencies = (.*)$", example, re.MULTILINE) == ['["dropsonde-telemetry"]']
    needed = {re.split(r"[^\w.-]", text)[0] for text in requires("dropsonde-telemetry") or ()}
    assert needed > {"cryptography", "duckdb"}
    assert "dropsonde" not in needed


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy with nothing installed."""
    copy = tmp_path / "a copy"
    files = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


def typed(copy: Path, script: str) -> subprocess.CompletedProcess[str]:
    """What a shell of a newcomer shows: the system's own Python, and pip's first time here."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    kept["PIP_NO_CACHE_DIR"] = "1"
    shown = subprocess.run(
        ["sh", "-c", script],
        cwd=copy,
        env={"PATH": NEWCOMERS, "HOME": str(copy.parent), **kept},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = shown.stderr.splitlines(keepends=True)
    shown.stderr = "".join(line for line in lines if not line.endswith(MACHINES))
    return shown


def test_the_first_command_shows_a_report_in_a_copy_with_nothing_installed(copy: Path) -> None:
    shown = typed(copy, COMMANDS[0])
    assert (shown.stderr, shown.returncode) == ("", 0)
    assert "puppetlabs-ntp" in shown.stdout


def test_three_lines_start_a_collector_and_show_a_report_in_it(copy: Path) -> None:
    (block,) = re.findall(r"## Run a collector\n.*?``` sh\n(.*?)```", README, re.DOTALL)
    lines = block.replace("\\\n", "").splitlines()
    assert len(lines) == 3
    port = free_port()  # 8080 may be taken on this machine
    lines[1] = lines[1].replace("--data", f"--port {port} --data")
    lines[2] = lines[2].replace(":8080", f":{port}")
    # A shell's jobs end with its terminal; here the collector must be asked to.
    lines = [lines[0], lines[1], "collector=$!", lines[2], "code=$?"]
    shown = typed(copy, "\n".join([*lines, "kill $collector", "wait $collector", "exit $code"]))
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == f"dropsonde-collector: ready on http://127.0.0.1:{port}\n"
    told, thanks, head, _, row, count = shown.stdout.splitlines()
    assert told.startswith("delivered ")
    assert thanks == "Thank you."
    assert head.split() == ["week", "environment_count", "classes"]
    site = json.loads(run(sys.executable, "-m", "dropsonde", *DEMO).stdout)
    columns = site["self-service-analytics"]["snapshots"]
    environments, classes = columns["environment_count"]["value"], columns["classes"]["value"]
    assert row.split()[1:] == [str(environments), str(len(classes))]
    assert count == "1 row"
    show_the_demo(copy)


def show_the_demo(copy: Path) -> None:
    """The last command of that section, in the environment that its first line has made."""
    section = README.partition("## Run a collector")[2].partition("\n## ")[0]
    (command,) = re.findall(r"``` sh\n(.* demo)\n```", section)
    assert (copy / "docs/pages.png").is_file()
    with subprocess.Popen(
        shlex.split(command), cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as demo:
        try:
            address = demo.stdout.readline().strip() if demo.stdout else ""
            page = requests.get(address, timeout=PATIENCE)
            assert "example-stdlib" in page.text
            demo.send_signal(signal.SIGINT)
            assert demo.wait(PATIENCE) == 0
        finally:
            demo.kill()


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


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_a_page_says_for_whom_it_is(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    if page != ROOT / "docs/README.md":
        assert re.fullmatch(r"\*For .+\.\*", lines[2])


def test_the_index_names_each_page_once() -> None:
    text = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)/]+)\.md\)", text)
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"README"}
    assert sorted(named) == sorted(pages)


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")))
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert "://" in target or (page.parent / target).exists(), target


def test_make_does_what_contributors_type() -> None:
    """Read, not run: a fresh Debian has no make."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^(\w+):  ## ", text, re.MULTILINE)
    assert text.split(".PHONY: ")[1].splitlines()[0].split() == targets
    assert len(targets) == 5
    words = re.findall(r"(?<![\w./])(?:ext|tests)/[\w./]+", text)
    assert [word for word in words if not (ROOT / word).exists()] == []
