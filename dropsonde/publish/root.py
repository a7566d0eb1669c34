"""Publish to the public root: write all files next to it, then show them to readers by one rename.

``DIR`` is a symbolic link to a version, which is named by what it is made from (versions.py): the
same again is no work, as long as nobody changed a file. The previous version stays for readers who
are in the middle of it; older ones, and leftovers of killed runs, are removed. The weeks that did
not change are links to the previous version's files (weeks.py).
"""

from __future__ import annotations

import gc
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
from dropsonde.common.files import locked
from dropsonde.publish import dataset, versions
from dropsonde.publish.api import modules, shared
from dropsonde.publish.beside import beside
from dropsonde.publish.digests import Digests
from dropsonde.publish.forge import UNKNOWN, Forge
from dropsonde.publish.numbers import Numbers
from dropsonde.publish.pages import pages
from dropsonde.publish.weeks import Source, sources


class Published(NamedTuple):
    """What readers have now: the number of files, and the newest week."""

    files: int
    week: str


def publish(root: Path, released: Path, site: str = "", forge: Forge = UNKNOWN) -> Published:
    """Publish everything that a directory of releases holds, and their cells.

    The same releases and the same of the Forge give the same files, whatever was there before, and
    publishing them again changes nothing, but what somebody else changed meanwhile.

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
    before, digests = versions.current(root), Digests()
    found = sources(released, digests)
    if not found:
        raise FileError(f"{released}: no release is there", "make one with aggregate")
    names = versions.names(root, found, site, forge)
    if before in names and (count := versions.untouched(root, before)) is not None:
        return Published(count, found[-1].week)
    new = names[before == names[0]]
    versions.sweep(root, keep={before})
    made = Path(tempfile.mkdtemp(prefix=f".{root.name}.new-", dir=root.parent))
    try:
        _fill(made, found, before, digests, site, forge)
        count = _opened(made)
        os.sync()  # files first, so that no power cut leaves a public root with half of them
        made.rename(new)
    finally:
        gc.unfreeze()
        shutil.rmtree(made, ignore_errors=True)
    versions.show(root, new)
    versions.sweep(root, keep={before, new})
    return Published(count, found[-1].week)


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
    documents = dict(_written(made, shared(weeks, cells, forge)))
    gc.freeze()  # all of this stays to the end: looking at it again takes a twentieth of the time
    made_of_modules = _written(made, modules(weeks, forge))
    files = chain(beside(releases[-1]), pages(documents, made_of_modules, site))
    for path, data in files:
        _write(made / path, data)


def _written(made: Path, documents: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Write each document before it is given."""
    for path, document in documents:
        _write(made / path, msgspec.json.encode(document) + b"\n")
        yield path, document


def _write(path: Path, data: bytes) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
    path.write_bytes(data)


def _opened(made: Path) -> int:
    """Count the files, and make all readable for a web server."""
    files = 0
    for path in (made, *made.rglob("*")):
        state = path.stat()
        is_file = stat.S_ISREG(state.st_mode)
        mode = 0o644 if is_file else 0o755
        if stat.S_IMODE(state.st_mode) != mode:  # that of a linked file is right
            path.chmod(mode)
        files += is_file
    return files
