"""What docs/monitoring.md shows, met by Prometheus's own promtool and by systemd."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.doubles.endpoint import LoopbackEndpoint
from tests.support.program import Program
from tests.support.submitting import to

pytestmark = pytest.mark.real

PAGE = (Path(__file__).resolve().parents[2] / "docs/monitoring.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE, re.MULTILINE)


def block(mark: str) -> str:
    """The example of the page that holds a text, as its reader copies it."""
    (found,) = (text for text in BLOCKS if mark in text)
    return re.sub("^    ", "", found, flags=re.MULTILINE).strip() + "\n"


def promtool(*words: str, text: str = "") -> None:
    done = subprocess.run(
        ["promtool", *words], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.fixture
def site(tmp_path: Path) -> Program:
    program = Program(tmp_path)
    program.list_public("puppetlabs-ntp")
    return program


def test_promtool_finds_no_fault_in_any_state(site: Program) -> None:
    texts = [site.run("status", "--format", "prometheus").out]
    site.opt_in()
    with LoopbackEndpoint() as endpoint:
        site.send_to(endpoint.url)
        texts.append(site.run("status", "--format", "prometheus").out)
        assert site.run(*to(endpoint)).code == 0
        texts.append(site.run("status", "--format", "prometheus").out)
    assert len(set(texts)) == len(texts)
    for text in texts:
        promtool("check", "metrics", text=text)


def test_promtool_takes_the_rules(tmp_path: Path) -> None:
    (yaml,) = re.findall(r"``` yaml\n(.*?)```", PAGE, re.DOTALL)
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml)
    promtool("check", "rules", str(rules))


def test_the_unit_writes_whole_files_only(site: Program, tmp_path: Path) -> None:
    (command,) = re.findall(r"^ExecStart=/bin/sh -c '(.*)'$", block("ExecStart"), re.MULTILINE)
    target = tmp_path / "textfile"
    target.mkdir()
    # The packages' command.
    (tmp_path / "dropsonde").write_text(f'#!/bin/sh\nexec {" ".join(site.command)} "$@"\n')
    (tmp_path / "dropsonde").chmod(0o755)
    environ = {"D": str(target), "PATH": f"{tmp_path}:{site.environ['PATH']}"}
    script = f"sh -c '{command}'"
    assert site.shell(script, environ).code == 0
    (file,) = target.iterdir()
    written = file.read_text()
    assert (file.name, file.stat().st_mode & 0o777) == ("dropsonde.prom", 0o644)
    promtool("check", "metrics", text=written)
    (site.home / "telemetry.yaml").write_text(":colour: red\n")
    assert site.shell(script, environ).code == 3
    assert file.read_text() == written


def test_systemd_takes_what_is_shown(tmp_path: Path) -> None:
    service, timer = (tmp_path / f"dropsonde-metrics.{kind}" for kind in ("service", "timer"))
    service.write_text(block("ExecStart"))
    timer.write_text(block("[Timer]"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(service), str(timer)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "dropsonde" in line]
    assert (done.returncode, ours) == (0, [])
