"""What is built for hosts without pip: each once, when the first test asks for it.

It is built by the project's own commands, from a copy of the checkout whose path has spaces.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.real.processes import RigError

_CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_COPIED = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "dist")
DEBIANS_PYTHON = "/usr/bin/python3.11"


@functools.cache
def workshop() -> Path:
    """Where all is built; removed when the tests end."""
    directory = Path(tempfile.mkdtemp(prefix="dropsonde built "))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    shutil.copytree(
        _CHECKOUT, directory / "a checkout", ignore=shutil.ignore_patterns(*_NOT_COPIED)
    )
    return directory


@functools.cache
def wheels() -> Path:
    """The wheels of dropsonde and of all it needs, for Debian's Python."""
    return build("ext/wheels", "wheels", PYTHON=DEBIANS_PYTHON)


@functools.cache
def built_deb() -> Path:
    """The Debian package."""
    return only(build("ext/debian/build", "deb", WHEELS=wheels()), "*.deb")


@functools.cache
def built_rpm() -> Path:
    """The RPM package, for Debian's Python: a proof of the spec."""
    out = build("ext/rpm/build", "rpm", WHEELS=wheels(), PYTHON=DEBIANS_PYTHON)
    return only(out, "*.rpm")


@functools.cache
def built_pyz() -> Path:
    """The one-file program."""
    out = build("ext/zipapp/build", "pyz", WHEELS=wheels(), VENV=sys.prefix)
    return only(out, "*.pyz")


@functools.cache
def built_distributions() -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it."""
    out = workshop() / "distributions"
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    _run(*command, workshop() / "a checkout")
    return only(out, "*.tar.gz"), only(out, "*.whl")


@functools.cache
def probe_environment() -> Path:
    """An environment that has the built wheel and what it needs, and nothing else."""
    return _environment("probe", "--no-index", built_distributions()[1])


@functools.cache
def collector_environment() -> Path:
    """The same with the extra that makes a collector of it; users other than root may enter."""
    environment = _environment("collector", f"{built_distributions()[1]}[collector]")
    workshop().chmod(0o755)
    return environment


def _environment(name: str, *wanted: str | Path) -> Path:
    environment = workshop() / f"{name} environment"
    _run(DEBIANS_PYTHON, "-m", "venv", environment)
    pip = (environment / "bin/python", "-m", "pip", "install", "--disable-pip-version-check")
    _run(*pip, "--find-links", wheels(), *wanted)
    return environment


def build(command: str, name: str, checkout: Path | None = None, **environ: str | Path) -> Path:
    """Run one of the project's commands; gives the directory in the workshop where all then is."""
    out = workshop() / name
    _run((checkout or workshop() / "a checkout") / command, out, **environ)
    return out


def _run(*command: str | Path, **environ: str | Path) -> None:
    done = subprocess.run(
        command,
        env={**os.environ, **{name: str(value) for name, value in environ.items()}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,  # its output is shown
    )
    if done.returncode != 0:
        raise RigError(f"{command[0]}: exit {done.returncode}\n{done.stdout}")


def only(directory: Path, pattern: str) -> Path:
    """The one file that is there."""
    (found,) = directory.glob(pattern)
    return found
