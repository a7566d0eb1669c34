"""The packages and environments of the tests: each built once in a run, on first use.

The project's own commands build them, from a copy of the checkout whose path has spaces.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from ext.release.main import NOT_COPIED
from tests.real.processes import RigError

_CHECKOUT = Path(__file__).resolve().parents[2]
# By its version, as the packages name it.
DEBIANS_PYTHON = str(Path("/usr/bin/python3").resolve())
_Made = TypeVar("_Made")


@functools.cache
def workshop() -> Path:
    """Return the directory of all builds; the first process makes it, the last removes it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    directory = Path(tempfile.gettempdir()) / f"dropsonde built {run}"
    directory.mkdir(mode=0o700, exist_ok=True)
    users = os.open(directory, os.O_RDONLY)
    fcntl.flock(users, fcntl.LOCK_SH)
    atexit.register(_leave, directory, users)
    with _alone(directory / "a checkout"):
        if not (directory / "a checkout").exists():
            ignored = shutil.ignore_patterns(*NOT_COPIED)
            shutil.copytree(_CHECKOUT, directory / "half a checkout", ignore=ignored)
            (directory / "half a checkout").rename(directory / "a checkout")
    return directory


def _leave(directory: Path, users: int) -> None:
    with contextlib.suppress(BlockingIOError):  # other processes still use it
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _alone(what: Path) -> Iterator[None]:
    """Let one process at a time make something."""
    with what.with_name(f"{what.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(make: Callable[[], _Made]) -> Callable[[], _Made]:
    """Decorate a function: the first process runs it, all others get the same result."""

    @functools.cache
    def made() -> _Made:
        note = workshop() / f"{make.__module__}.{make.__name__}"
        with _alone(note):
            if not note.exists():
                note.write_bytes(pickle.dumps(make()))
            found: _Made = pickle.loads(note.read_bytes())  # noqa: S301 - our own
            return found

    return made


@once
def wheels() -> Path:
    """Build the wheels of dropsonde and of its dependencies, for Debian's Python."""
    return build("ext/wheels", "wheels", PYTHON=DEBIANS_PYTHON)


@once
def built_deb() -> Path:
    """Build the Debian package."""
    return only(build("ext/debian/build", "deb", WHEELS=wheels()), "*.deb")


@once
def built_rpm() -> Path:
    """Build the RPM package for Debian's Python, to test the spec."""
    out = build("ext/rpm/build", "rpm", WHEELS=wheels(), PYTHON=DEBIANS_PYTHON)
    return only(out, "*.rpm")


@once
def built_pyz() -> Path:
    """Build the one-file program."""
    out = build("ext/zipapp/build", "pyz", WHEELS=wheels(), VENV=sys.prefix)
    return only(out, "*.pyz")


@once
def built_standalone() -> Path:
    """Build the archive with an interpreter of its own, for this machine; this takes minutes."""
    out = build("ext/standalone/build", "standalone", WHEELS=wheels(), VENV=sys.prefix)
    return only(out, "*.tar.gz")


@once
def standalone_packages() -> tuple[Path, Path]:
    """Build the Debian package and the RPM of it."""
    out = workshop() / "standalone packages"
    _run(workshop() / "a checkout" / "ext/standalone/packages", built_standalone(), out)
    return only(out, "*.deb"), only(out, "*.rpm")


@once
def built_distributions() -> tuple[Path, Path]:
    """Build the source distribution, and the wheel from it."""
    out = workshop() / "distributions"
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    _run(*command, workshop() / "a checkout")
    return only(out, "*.tar.gz"), only(out, "*.whl")


@once
def probe_environment() -> Path:
    """Make an environment with only the built wheel and its dependencies."""
    return _environment("probe", "--no-index", built_distributions()[1])


@once
def collector_environment() -> Path:
    """The same with the extra `collector`; users other than root may enter."""
    environment = _environment("collector", f"{built_distributions()[1]}[collector]")
    workshop().chmod(0o755)
    return environment


def _environment(name: str, *wanted: str | Path) -> Path:
    environment = workshop() / f"{name} environment"
    _run(DEBIANS_PYTHON, "-m", "venv", environment)
    pip = (environment / "bin/python", "-m", "pip", "install", "--disable-pip-version-check")
    _run(*pip, "--find-links", wheels(), *wanted)
    return environment


def build(
    command: str, name: str, *words: str, checkout: Path | None = None, **environ: str | Path
) -> Path:
    """Run one of the project's commands; return its output directory in the workshop."""
    out = workshop() / name
    _run((checkout or workshop() / "a checkout") / command, out, *words, **environ)
    return out


def _run(*command: str | Path, **environ: str | Path) -> None:
    done = subprocess.run(
        command,
        # Write nothing into the checkout, which another process may be copying.
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: str(value) for name, value in environ.items()},
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,  # checked below, to show the output
    )
    if done.returncode != 0:
        raise RigError(f"{command[0]}: exit {done.returncode}\n{done.stdout}")


def only(directory: Path, pattern: str) -> Path:
    """Return the one file that matches."""
    (found,) = directory.glob(pattern)
    return found
