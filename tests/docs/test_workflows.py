"""The workflows call the project's own commands, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
OURS = {"bash .ci/run", "ext/release/build dist/release"}


def test_they_obey_githubs_own_schema() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [check, "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert len(WORKFLOWS) == 2


def test_they_run_nothing_but_our_commands() -> None:
    for workflow in WORKFLOWS:
        for job in yaml.safe_load(workflow.read_text())["jobs"].values():
            runs = [step["run"] for step in job["steps"] if "run" in step]
            assert set(runs[1:]) <= OURS
            assert runs[0].startswith("apt-get update && apt-get install --yes ")
            for command in runs[1:]:
                assert (CHECKOUT / command.split()[0]).exists() or command == "bash .ci/run"
