"""The wheel and the source distribution, as built for an index."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import dropsonde
from dropsonde import __version__
from tests.real.built import DEBIANS_PYTHON, built_distributions, wheels
from tests.real.processes import run

pytestmark = pytest.mark.real

PAGES = Path(dropsonde.__file__).parent / "publish/pages"
PARTS = (
    "analytics/dropsonde",
    "cli/dropsonde",
    "cron/dropsonde",
    "systemd/dropsonde.service",
    "systemd/dropsonde.timer",
)


def contents(wheel: Path) -> dict[str, bytes]:
    """But for what names the tool's version: locked for the packages, the newest one here."""
    with zipfile.ZipFile(wheel) as opened:
        names = [name for name in opened.namelist() if not name.endswith(("/RECORD", "/WHEEL"))]
        return {name: opened.read(name) for name in names}


def test_an_index_takes_both() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *built_distributions()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_the_source_distribution_makes_the_very_wheel() -> None:
    _, wheel = built_distributions()
    (direct,) = wheels().glob("dropsonde_telemetry-*.whl")
    assert contents(wheel) == contents(direct)


def test_the_wheel_holds_what_integrate_installs() -> None:
    _, wheel = built_distributions()
    assert set(contents(wheel)) >= {f"dropsonde_puppetserver/parts/{part}" for part in PARTS}


def test_the_wheel_holds_all_that_the_public_pages_need() -> None:
    _, wheel = built_distributions()
    assert PAGES.is_dir()
    files = (path for path in PAGES.rglob("*") if path.is_file() and path.suffix != ".pyc")
    names = {str(path.relative_to(PAGES.parents[2])) for path in files}
    assert len(names) > 20
    assert set(contents(wheel)) >= names


def test_it_runs_in_a_clean_environment(tmp_path: Path) -> None:
    run([DEBIANS_PYTHON, "-m", "venv", tmp_path / "clean"])
    _, wheel = built_distributions()
    pip = (tmp_path / "clean/bin/python", "-m", "pip", "install", "--no-index")
    run([*pip, "--find-links", wheels(), wheel])
    program = tmp_path / "clean/bin/dropsonde"
    assert run([program, "--version"]) == f"dropsonde {__version__}\n"
    assert "To be sent: " in run([program, "preview", "--demo"])
