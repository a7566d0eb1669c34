"""Set a damaged spool aside unchanged, so that a new one begins.

A kill at any moment leaves the damaged spool at its path, or a directory whose name marks it as
unfinished: the next start then moves the remaining files and logs the line. Only retention and
deletions delete anything here, as elsewhere.
"""

from __future__ import annotations

import logging
import shlex
import shutil
from collections.abc import Callable, Collection
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.row import SITE_BYTES
from dropsonde.collector.store.spool import acknowledged, database
from dropsonde.collector.store.spool.soundness import is_sound
from dropsonde.common.errors import FileError
from dropsonde.common.files import PRIVATE_DIRECTORY, private_directory, sync_directory

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory

log = logging.getLogger(__name__)

FILES = ("", database.LOG, database.INDEX, acknowledged.SUFFIX)
_TIME = "%Y%m%dT%H%M%S.%f"
_UNFINISHED = ".unfinished"
_PIECE = 1 << 20  # bytes


def set_aside(directory: Directory, clock: Callable[[], datetime]) -> Path | None:
    """Move a damaged spool and its additional files away, and log it in one line.

    Returns:
        Its new directory; None if it was sound.

    Raises:
        StoreUnavailableError: the spool cannot be read now.
        FileError: the disk fails, or is full.
    """
    try:
        target = _unfinished(directory)
        if target is None:
            if is_sound(directory.spool):
                return None
            target = _made(private_directory(directory.damaged), clock())
            sync_directory(directory.root)
        return _moved(directory, target)
    except OSError as error:
        advice = "check the disk and the free space, then start again"
        raise FileError(f"{directory.damaged}: {error.strerror}", advice) from error


def _unfinished(directory: Directory) -> Path | None:
    """The directory that a killed collector was moving a spool to."""
    for target in directory.damaged.glob(f"*{_UNFINISHED}"):
        if any(target.iterdir()):
            return target
        target.rmdir()
    return None


def _made(damaged: Path, now: datetime) -> Path:
    """Make a directory named by the time, or a microsecond later if that name exists."""
    while True:
        name = now.astimezone(timezone.utc).strftime(f"{_TIME}Z")
        if not (damaged / name).exists():
            target = damaged / f"{name}{_UNFINISHED}"
            target.mkdir(mode=PRIVATE_DIRECTORY)
            sync_directory(damaged)
            return target
        now += timedelta(microseconds=1)


def _moved(directory: Directory, target: Path) -> Path:
    """Move the database first: without it, the other files are no spool."""
    done = target.with_name(target.name.removesuffix(_UNFINISHED))
    for suffix in FILES:
        path = database.beside(directory.spool, suffix)
        if path.exists() and not (target / path.name).exists():
            path.rename(target / path.name)
            sync_directory(target)
            sync_directory(directory.root)
    file = shlex.quote(str(done / directory.spool.name))
    log.error(
        "the spool was damaged and is set aside, and a new one begins without its reports: "
        "`sqlite3 %s .recover | sqlite3 NEW` reads what can be read of them",
        file,
    )
    target.rename(done)
    sync_directory(directory.damaged)
    return done


def asides(directory: Directory) -> list[Path]:
    """The directories of damaged spools, and others that a person put there."""
    place = directory.damaged
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def retain(directory: Directory, limit: datetime) -> None:
    """Remove spools that were set aside before a moment."""
    for place in asides(directory):
        if _since(place) < limit:
            shutil.rmtree(place)


def _since(place: Path) -> datetime:
    """When a spool was set aside."""
    try:
        return datetime.strptime(place.name.removesuffix(_UNFINISHED), f"{_TIME}%z")
    except ValueError:  # it was renamed
        return datetime.fromtimestamp(place.stat().st_mtime, timezone.utc)


def forget(directory: Directory, sites: Collection[bytes]) -> None:
    """Remove damaged spools that hold one of these sites anywhere, and log it."""
    for spool in asides(directory):
        if any(path.is_file() and _holds(path, sites) for path in spool.rglob("*")):
            shutil.rmtree(spool)
            log.warning("%s is removed: it held a site that asked for its deletion", spool)


def _holds(path: Path, sites: Collection[bytes]) -> bool:
    """Whether a file holds one of these sites anywhere; True if it cannot be read."""
    end = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                end = end[1 - SITE_BYTES :] + piece
                if any(site in end for site in sites):
                    return True
    except OSError:
        return True
    return False
