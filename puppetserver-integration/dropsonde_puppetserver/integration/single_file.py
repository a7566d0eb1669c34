"""Install the program of a single file, dropsonde.pyz, from which ``dropsonde integrate`` runs.

A single file unpacks itself for the user that starts it. Puppet Server's user could change what it
unpacked, the hardened service may write nowhere, and each would need its own copy. So ``integrate``
unpacks the file once, where only root writes: a virtual environment of the same Python. The file
contains the libraries for several Pythons, and so does that, for an upgrade of the distribution.
"""

from __future__ import annotations

import compileall
import contextlib
import hashlib
import os
import py_compile
import re
import shutil
import sys
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import IntegrationError
from dropsonde.common.files import read_bounded
from dropsonde.common.trusted import ReplaceableError, open_trusted
from dropsonde_puppetserver.integration.decide import Step
from dropsonde_puppetserver.integration.files import system_errors
from dropsonde_puppetserver.integration.text import Origin, origin, sealed

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "opt/dropsonde"
PYTHON = f"/{HOME}/bin/python"
_MARK = "INSTALLED"
_LIBRARIES = "site-packages/"
# A library that is there once for each Python and machine.
_COMPILED = "_cffi_backend.cpython-*.so"
_VERSION = re.compile(r".*\.cpython-([0-9])([0-9]+)-.*")


def running() -> Path | None:
    """The single file that this process runs from, if it does."""
    loader = getattr(sys.modules["__main__"], "__loader__", None)
    archive = getattr(loader, "archive", None)
    return Path(archive).absolute() if archive else None


def steps(root: Path, *, remove: bool) -> Iterator[Step]:
    """Plan what happens to the installed program; nothing where there is none and none is wanted.

    Raises:
        IntegrationError: something that is not dropsonde's has its path, or others may write there.
        FileError: a path cannot be read.
    """
    home, archive = root / HOME, running()
    with system_errors():
        found = read_bounded(home / _MARK)
        whose = Origin.FOREIGN if found is None else origin(found)
        in_use = Path(sys.executable) == home / "bin/python"
        if remove or archive is None:
            if whose is Origin.OURS and (remove or not in_use):
                act = partial(shutil.rmtree, home)
                yield Step(home, "removed", fault="left over", act=act, gone=(home,))
            return
        for path in (archive, home):
            _require_private(path)
        if whose is not Origin.OURS and os.path.lexists(home):
            raise IntegrationError(f"{home}: not dropsonde's", "move it away")
        mark = _mark(archive)
        act = partial(_install, archive, home, mark)
        if found is None:
            yield Step(home, "installed", fault="missing", act=act)
        elif found != mark or not (home / "bin/python").exists():
            yield Step(home, "replaced", fault="changed", act=act)
        else:
            yield Step(home, "nothing to do")


def _require_private(path: Path) -> None:
    """Refuse a place that others can replace: root and Puppet Server's user run what is there."""
    path = next(each for each in (path, *path.parents) if each.exists())
    try:
        os.close(open_trusted(path, os.O_PATH))
    except ReplaceableError as error:
        raise IntegrationError(str(error), error.advice) from error


def _mark(archive: Path) -> bytes:
    """The text by which an installed program is recognized, and from which file it is."""
    with archive.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    body = f"# The program of a single file, for {Path(sys.executable)}.\n{digest.hexdigest()}\n"
    return sealed(body.encode(errors="surrogateescape"))


def _install(archive: Path, home: Path, mark: bytes) -> None:
    """Unpack into a new directory, and put that in the place of the old one."""
    home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    for left in home.parent.glob(f".{home.name}.*"):  # a killed run's
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
    try:
        new = work / "new"
        _unpack(archive, new)
        (new / _MARK).write_bytes(mark)
        with contextlib.suppress(FileNotFoundError):
            home.rename(work / "old")
        new.rename(home)
    finally:
        shutil.rmtree(work)


def _unpack(archive: Path, home: Path) -> None:
    """Make a virtual environment that finds the libraries with each of their Pythons."""
    (home / "bin").mkdir(parents=True)
    (home / "bin/python").symlink_to(sys.executable)
    where = Path(sys.executable).parent
    settings = f"home = {where}\ninclude-system-site-packages = false\n"
    (home / "pyvenv.cfg").write_text(settings, errors="surrogateescape")
    site = home / "lib" / _LIBRARIES
    with zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if name.startswith(_LIBRARIES)]
        opened.extractall(home / "lib", names)
    for version in sorted(
        {_VERSION.sub(r"python\1.\2", path.name) for path in site.glob(_COMPILED)}
    ):
        own = home / "lib" / version
        own.mkdir()
        (own / "site-packages").symlink_to(f"../{_LIBRARIES.rstrip('/')}")
    # Puppet Server's user may not write here, and would compile all of it every hour.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(
        site, quiet=2, workers=0, stripdir=home, prependdir=f"/{HOME}", invalidation_mode=mode
    )
