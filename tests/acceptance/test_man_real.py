"""The man pages as their readers' programs take them: man-db, groff and mandoc."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "dropsonde.1",
    "telemetry.yaml.5",
    "puppetserver-dropsonde.8",
    "dropsonde-collector.1",
)


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program, as in a terminal of 80 columns."""
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", **environ},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def plain(shown: str) -> str:
    """Without the letters that are struck over to make others bold or underlined."""
    return re.sub(".\b", "", shown)


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_finds_nothing_even_of_style(page: str) -> None:
    linted = run("mandoc", "-Tlint", "-Wall", f"man/{page}")
    assert (linted.stdout, linted.stderr, linted.returncode) == ("", "", 0)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "command", [("man", "--warnings", "-l"), ("groff", "-man", "-Tutf8", "-ww")]
)
def test_groff_warns_of_nothing(page: str, command: tuple[str, ...]) -> None:
    shown = run(*command, f"man/{page}")
    assert (shown.stderr, shown.returncode) == ("", 0)
    assert "SEE ALSO" in plain(shown.stdout)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("viewer", [("man", "-l"), ("mandoc", "-Tutf8")])
def test_examples_can_be_copied_from_the_screen(page: str, viewer: tuple[str, ...]) -> None:
    text = (ROOT / "man" / page).read_text(encoding="utf-8")
    shown = plain(run(*viewer, f"man/{page}").stdout)
    lines = [line.strip() for line in shown.splitlines()]
    examples = re.findall(r"^\.EX\n(.*?)^\.EE$", text, re.MULTILINE | re.DOTALL)
    for example in "".join(examples).replace(r"\-", "-").replace(r"\&", "").splitlines():
        assert example.strip() in lines
    assert max(map(len, shown.splitlines())) <= 80


def test_man_finds_the_pages_by_their_names(tmp_path: Path) -> None:
    for page in PAGES:
        directory = tmp_path / f"man{page[-1]}"
        directory.mkdir(exist_ok=True)
        shutil.copy(ROOT / "man" / page, directory)
    for page in PAGES:
        name, _, section = page.rpartition(".")
        found = run("man", "--where", section, name, MANPATH=str(tmp_path))
        assert (found.stdout, found.returncode) == (f"{tmp_path}/man{section}/{page}\n", 0)
        assert name.upper() in run("man", name, MANPATH=str(tmp_path)).stdout


@pytest.mark.parametrize("page", PAGES)
def test_whatis_can_tell_what_each_is(page: str) -> None:
    told = run("lexgrog", f"man/{page}")
    name = page.rpartition(".")[0]
    assert told.returncode == 0
    assert re.fullmatch(rf'man/{page}: "{name} - [a-z][^"]*[a-z]"\n', told.stdout)
