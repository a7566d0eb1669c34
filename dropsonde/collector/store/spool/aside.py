"""A damaged spool is set aside as it is, and a new one begins.

A kill at any moment leaves the damaged spool in its place, or a directory whose name says that it
is not finished: then the next start moves what is left, and says the line. Nothing is deleted here
but what retention and deletions would delete elsewhere.
"""

from __future__ import annotations

import logging
import shlex
import shutil
from collections.abc import Callable, Collection
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

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
_SITE, _PIECE = 64, 1 << 20  # bytes


def set_aside(directory: Directory, clock: Callable[[], datetime]) -> Path | None:
    """Move a damaged spool with all that is beside it out of the way, and say so in one line.

    Returns:
        Where it is; None when it was sound.

    Raises:
        StoreUnavailableError: the spool cannot be read now.
        FileError: the disk fails, or is full.
    """
    try:
        place = _unfinished(directory)
        if place is None:
            if is_sound(directory.spool):
                return None
            place = _made(private_directory(directory.damaged), clock())
            sync_directory(directory.root)
        return _moved(directory, place)
    except OSError as error:
        advice = "check the disk and the free space, then start again"
        raise FileError(f"{directory.damaged}: {error.strerror}", advice) from error


def _unfinished(directory: Directory) -> Path | None:
    """Where a killed collector was moving a spool to."""
    for place in directory.damaged.glob(f"*{_UNFINISHED}"):
        if any(place.iterdir()):
            return place
        place.rmdir()
    return None


def _made(damaged: Path, now: datetime) -> Path:
    """A new directory, named by the time; a microsecond later where there is one."""
    while True:
        name = now.astimezone(timezone.utc).strftime(f"{_TIME}Z")
        if not (damaged / name).exists():
            place = damaged / f"{name}{_UNFINISHED}"
            place.mkdir(mode=PRIVATE_DIRECTORY)
            sync_directory(damaged)
            return place
        now += timedelta(microseconds=1)


def _moved(directory: Directory, place: Path) -> Path:
    """The database goes first: without it nothing takes what is left for a spool."""
    done = place.with_name(place.name.removesuffix(_UNFINISHED))
    for suffix in FILES:
        path = database.beside(directory.spool, suffix)
        if path.exists() and not (place / path.name).exists():
            path.rename(place / path.name)
            sync_directory(place)
            sync_directory(directory.root)
    file = shlex.quote(str(done / directory.spool.name))
    log.error(
        "the spool was damaged and is set aside, and a new one begins without its reports: "
        "`sqlite3 %s .recover | sqlite3 NEW` reads what can be read of them",
        file,
    )
    place.rename(done)
    sync_directory(directory.damaged)
    return done


def asides(directory: Directory) -> list[Path]:
    """The directories of damaged spools, with whatever was put beside those."""
    place = directory.damaged
    return [path for path in place.iterdir() if path.is_dir()] if place.is_dir() else []


def retain(directory: Directory, limit: datetime) -> None:
    """Remove those that were set aside before a moment."""
    for place in asides(directory):
        if _since(place) < limit:
            shutil.rmtree(place)


def _since(place: Path) -> datetime:
    """When a spool was set aside."""
    try:
        return datetime.strptime(place.name.removesuffix(_UNFINISHED), f"{_TIME}%z")
    except ValueError:  # somebody gave it another name
        return datetime.fromtimestamp(place.stat().st_mtime, timezone.utc)


def forget(directory: Directory, sites: Collection[bytes]) -> None:
    """Remove those that hold one of these sites anywhere; a line says so."""
    for place in asides(directory):
        if any(path.is_file() and _holds(path, sites) for path in place.rglob("*")):
            shutil.rmtree(place)
            log.warning("%s is removed: it held a site that asked for its deletion", place)


def _holds(path: Path, sites: Collection[bytes]) -> bool:
    """Whether a file has one of these anywhere; where the disk does not say, it may."""
    end = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                end = end[1 - _SITE :] + piece
                if any(site in end for site in sites):
                    return True
    except OSError:
        return True
    return False
