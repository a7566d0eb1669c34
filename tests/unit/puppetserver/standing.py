"""A Python of its own in which a stand-in runs as ``python -m dropsonde``; all else is ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path
from typing import Any

import dropsonde
import dropsonde_puppetserver
from tests.support.patience import PATIENCE


def make_python(directory: Path) -> Path:
    """Make the environment, and give its interpreter."""
    venv.create(directory, symlinks=True, with_pip=False)
    (packages,) = directory.glob("lib/python*/site-packages")
    overlay = packages / "dropsonde"
    overlay.mkdir()
    shutil.copy(Path(__file__).with_name("stand_in.py"), overlay / "__main__.py")
    ours = Path(dropsonde.__file__).parent
    (overlay / "__init__.py").write_text(f"__path__.append({str(ours)!r})\n")
    beside = Path(dropsonde_puppetserver.__file__).parent.parent
    libraries = sysconfig.get_path("purelib")
    (packages / "ours.pth").write_text(f"{beside}\n{libraries}\n")
    return directory / "bin/python"


def told(
    *command: str | bytes | Path, environ: dict[str, str], stdin: str = ""
) -> tuple[dict[str, Any], str]:
    """What the stand-in says reached it, and what stood on stderr."""
    done = run(*command, environ=environ, stdin=stdin)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer, done.stderr


def run(
    *command: str | bytes | Path, environ: dict[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in just this environment."""
    return subprocess.run(
        command,
        env=environ,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
