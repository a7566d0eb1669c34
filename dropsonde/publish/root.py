"""Publish to the public root: write all files next to it, then show them to readers by one rename.

``DIR`` is a symbolic link to ``.DIR.<digest of all files>``. The previous version stays for readers
who are in the middle of it; older ones, and leftovers of killed runs, are removed.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.public import cells_of
from dropsonde.common.errors import CollectorBusyError, PublicRootError
from dropsonde.common.files import locked, sync_directory
from dropsonde.publish import dataset
from dropsonde.publish.api import documents
from dropsonde.publish.pages import pages

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

_DIGITS = 16  # of the digest


def publish(root: Path, releases: Sequence[Release], released: Path) -> int:
    """Publish everything that the releases hold, and their cells.

    The same releases give the same files, and publishing them again changes nothing.

    Args:
        root: what a web server serves; missing, or made by this function.
        releases: of each week one, oldest first; at least one.
        released: their directory, where their cells are as well; those of a week may be missing.

    Returns:
        how many files there are.

    Raises:
        PublicRootError: something else is there, or it cannot be written.
        CollectorBusyError: another process publishes there.
        FileError: cells are not those of their release.
    """
    try:
        root = root.parent.resolve() / root.name
        root.parent.mkdir(parents=True, exist_ok=True)
        with locked(root.with_name(f".{root.name}.lock"), wait=False) as mine:
            if not mine:
                raise CollectorBusyError(f"{root}: another publishes there", "let it finish")
            return _publish(root, releases, _cells(released, releases))
    except OSError as error:
        raise PublicRootError(
            f"{root} cannot be published: {error.strerror or error}",
            "check permissions and free space; readers still have what was public before",
        ) from error


def _cells(released: Path, releases: Sequence[Release]) -> Mapping[str, Path]:
    """Each week's cells, as far as they are there; they must be those of the release."""
    return {
        each.week: cells_of(each, released)
        for each in releases
        if (released / f"{each.week}{SUFFIX}").exists()
    }


def _publish(root: Path, releases: Sequence[Release], files: Mapping[str, Path]) -> int:
    before = _current(root)
    _sweep(root, keep={before})
    made = Path(tempfile.mkdtemp(prefix=f".{root.name}.new-", dir=root.parent))
    try:
        _fill(made, releases, files)
        count, digest = _digest(made)
        new = root.with_name(f".{root.name}.{digest}")
        if not new.exists():
            os.sync()  # files first, so that no power cut leaves a public root with half of them
            made.rename(new)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    if new != before:
        _show(root, new)
    _sweep(root, keep={before, new})
    return count


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


def _fill(made: Path, releases: Sequence[Release], files: Mapping[str, Path]) -> None:
    """Write all files."""
    with tempfile.TemporaryDirectory() as scratch:
        dataset.write(made, releases, files, Path(scratch))
    found = dict(documents(releases, files))
    for path, document in found.items():
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        _write(made / path, f"{text}\n".encode())
    for path, data in pages(found):
        _write(made / path, data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _digest(made: Path) -> tuple[int, str]:
    """Count and digest the files, and make them readable for a web server."""
    made.chmod(0o755)
    whole, files = hashlib.sha256(), 0
    for path in sorted(made.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        if path.is_file():
            files += 1
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(made)} {digest}\n".encode())
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
