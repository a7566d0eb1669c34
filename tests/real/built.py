"""What is built for hosts without pip: each once in a run, when the first test asks for it.

It is built by the project's own commands, from a copy of the checkout whose path has spaces.
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

from tests.real.processes import RigError

_CHECKOUT = Path(__file__).resolve().parents[2]
_NOT_COPIED = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "dist")
DEBIANS_PYTHON = "/usr/bin/python3.11"
_Made = TypeVar("_Made")


@functools.cache
def workshop() -> Path:
    """Where all is built, by whichever process asks first; the last to end removes it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)
    directory = Path(tempfile.gettempdir()) / f"dropsonde built {run}"
    directory.mkdir(mode=0o700, exist_ok=True)
    users = os.open(directory, os.O_RDONLY)
    fcntl.flock(users, fcntl.LOCK_SH)
    atexit.register(_leave, directory, users)
    with _alone(directory / "a checkout"):
        if not (directory / "a checkout").exists():
            ignored = shutil.ignore_patterns(*_NOT_COPIED)
            shutil.copytree(_CHECKOUT, directory / "half a checkout", ignore=ignored)
            (directory / "half a checkout").rename(directory / "a checkout")
    return directory


def _leave(directory: Path, users: int) -> None:
    with contextlib.suppress(BlockingIOError):  # others are still at work
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def _alone(what: Path) -> Iterator[None]:
    """Let one process at a time make something."""
    with what.with_name(f"{what.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(make: Callable[[], _Made]) -> Callable[[], _Made]:
    """Let the first process that asks make something in the workshop; all others get the same."""

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
    """The wheels of dropsonde and of all it needs, for Debian's Python."""
    return build("ext/wheels", "wheels", PYTHON=DEBIANS_PYTHON)


@once
def built_deb() -> Path:
    """The Debian package."""
    return only(build("ext/debian/build", "deb", WHEELS=wheels()), "*.deb")


@once
def built_rpm() -> Path:
    """The RPM package, for Debian's Python: a proof of the spec."""
    out = build("ext/rpm/build", "rpm", WHEELS=wheels(), PYTHON=DEBIANS_PYTHON)
    return only(out, "*.rpm")


@once
def built_pyz() -> Path:
    """The one-file program."""
    out = build("ext/zipapp/build", "pyz", WHEELS=wheels(), VENV=sys.prefix)
    return only(out, "*.pyz")


@once
def built_distributions() -> tuple[Path, Path]:
    """The source distribution, and the wheel that is built from it."""
    out = workshop() / "distributions"
    command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", out)
    _run(*command, workshop() / "a checkout")
    return only(out, "*.tar.gz"), only(out, "*.whl")


@once
def probe_environment() -> Path:
    """An environment that has the built wheel and what it needs, and nothing else."""
    return _environment("probe", "--no-index", built_distributions()[1])


@once
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
        # Nothing is written into the checkout, which another process may be copying.
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            **{name: str(value) for name, value in environ.items()},
        },
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
