"""Publish to the public root: write all files next to it, then show them to readers by one rename.

``DIR`` is a symbolic link to ``.DIR.<digest of all files>``. The previous version stays for readers
who are in the middle of it; older ones, and leftovers of killed runs, are removed. The weeks that
did not change are links to the previous version's files (weeks.py).
"""

from __future__ import annotations

import gc
import glob
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from dropsonde.common.errors import CollectorBusyError, FileError, PublicRootError
from dropsonde.common.files import locked, sync_directory
from dropsonde.publish import dataset
from dropsonde.publish.api import modules, shared
from dropsonde.publish.beside import beside
from dropsonde.publish.digests import Digests
from dropsonde.publish.forge import UNKNOWN, Forge
from dropsonde.publish.numbers import Numbers
from dropsonde.publish.pages import pages
from dropsonde.publish.weeks import Source, sources

_DIGITS = 16  # of the digest


class Published(NamedTuple):
    """What readers have now: the number of files, and the newest week."""

    files: int
    week: str


def publish(root: Path, released: Path, site: str = "", forge: Forge = UNKNOWN) -> Published:
    """Publish everything that a directory of releases holds, and their cells.

    The same releases and the same of the Forge give the same files, whatever was there before, and
    publishing them again changes nothing.

    Args:
        root: what a web server serves; missing, or made by this function.
        released: the releases; the cells of a week may be missing.
        site: the address that readers have the root at, with a slash at its end, if it is known.
        forge: what is known of it.

    Raises:
        PublicRootError: something else is there, or it cannot be written.
        CollectorBusyError: another process publishes there.
        FileError: there is no release; one is damaged, or cells are not those of their release.
    """
    try:
        root = root.parent.resolve() / root.name
        root.parent.mkdir(parents=True, exist_ok=True)
        with locked(root.with_name(f".{root.name}.lock"), wait=False) as mine:
            if not mine:
                raise CollectorBusyError(f"{root}: another publishes there", "let it finish")
            return _publish(root, released, site, forge)
    except OSError as error:
        raise PublicRootError(
            f"{root} cannot be published: {error.strerror or error}",
            "check permissions and free space; readers still have what was public before",
        ) from error


def _publish(root: Path, released: Path, site: str, forge: Forge) -> Published:
    before, digests = _current(root), Digests()
    _sweep(root, keep={before})
    found = sources(released, digests)
    if not found:
        raise FileError(f"{released}: no release is there", "make one with aggregate")
    made = Path(tempfile.mkdtemp(prefix=f".{root.name}.new-", dir=root.parent))
    try:
        _fill(made, found, before, digests, site, forge)
        count, digest = _digest(made, digests)
        new = root.with_name(f".{root.name}.{digest}")
        if not new.exists():
            os.sync()  # files first, so that no power cut leaves a public root with half of them
            made.rename(new)
    finally:
        gc.unfreeze()
        shutil.rmtree(made, ignore_errors=True)
    if new != before:
        _show(root, new)
    _sweep(root, keep={before, new})
    return Published(count, found[-1].week)


def _current(root: Path) -> Path | None:
    """The version that readers have now."""
    if not os.path.lexists(root):
        return None
    if root.is_symlink():
        target = root.parent / root.readlink()
        if target in root.parent.glob(_versions(root)):
            return target
    raise PublicRootError(
        f"{root} is there and was not made by publishing", "name a path that does not exist"
    )


def _versions(root: Path) -> str:
    return f".{glob.escape(root.name)}.{'[0-9a-f]' * _DIGITS}"


def _fill(
    made: Path,
    found: Sequence[Source],
    before: Path | None,
    digests: Digests,
    site: str,
    forge: Forge,
) -> None:
    """Write all files. Documents and pages of modules are made one by one: they are many."""
    with tempfile.TemporaryDirectory() as scratch:
        releases = dataset.write(made, found, before, Path(scratch), digests)
    weeks = [Numbers(each) for each in releases]
    cells = {each.week for each in found if each.cells is not None}
    documents = dict(_written(made, shared(weeks, cells, forge), digests))
    gc.freeze()  # all of this stays to the end: looking at it again takes a twentieth of the time
    made_of_modules = _written(made, modules(weeks, forge), digests)
    files = chain(beside(releases[-1]), pages(documents, made_of_modules, site))
    for path, data in files:
        _write(made / path, data, digests)


def _written(
    made: Path, documents: Iterable[tuple[str, Any]], digests: Digests
) -> Iterator[tuple[str, Any]]:
    """Write each document before it is given."""
    for path, document in documents:
        _write(made / path, msgspec.json.encode(document) + b"\n", digests)
        yield path, document


def _write(path: Path, data: bytes, digests: Digests) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
    path.write_bytes(data)
    digests.add(path, data)


def _digest(made: Path, digests: Digests) -> tuple[int, str]:
    """Count and digest the files, and make them readable for a web server."""
    whole, files = hashlib.sha256(), 0
    for path in (made, *sorted(made.rglob("*"))):
        state = path.stat()
        is_file = stat.S_ISREG(state.st_mode)
        mode = 0o644 if is_file else 0o755
        if stat.S_IMODE(state.st_mode) != mode:  # that of a linked file is right
            path.chmod(mode)
        if is_file:
            files += 1
            whole.update(f"{path.relative_to(made)} {digests[path]}\n".encode())
    return files, whole.hexdigest()[:_DIGITS]


def _show(root: Path, new: Path) -> None:
    """Switch readers to the new version in one step."""
    link = root.with_name(f".{root.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(new.name)
    link.replace(root)
    sync_directory(root.parent)


def _sweep(root: Path, keep: set[Path | None]) -> None:
    """Remove directories that neither readers nor the next run need."""
    for pattern in (f".{glob.escape(root.name)}.new-*", _versions(root)):
        for path in root.parent.glob(pattern):
            if path not in keep:
                shutil.rmtree(path)
