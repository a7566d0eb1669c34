"""The list on disk: ``forge.json`` in the cache directory.

The Ruby program of the same name reads and writes ``{"timestamp": …, "modules": ["author-name",
…]}``; it ignores ``source`` and ``full_refresh``, which this program adds.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from dropsonde.common import state
from dropsonde.common.errors import FileError
from dropsonde.common.files import OddFileError, read_file, write_atomically
from dropsonde.site.forge.listing import DEFAULT_URL, ForgeList, public_slugs

log = logging.getLogger(__name__)

TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?)?"
    r" ?(?:Z|UTC|([+-])(\d{2}):?(\d{2}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Stored:
    """A list and the time of its last full fetch (None: unknown, or by another program)."""

    forge_list: ForgeList
    full_refresh: datetime | None


def read(path: Path, now: datetime, *, set_aside: bool = False) -> Stored | None:
    """Read the list; warn about a damaged one.

    Args:
        path: the file, in a directory that may be missing.
        now: the time, for the name of a damaged file.
        set_aside: whether to rename a damaged file, to make room for a new one.

    Returns:
        the list; None when the file is missing or damaged.

    Raises:
        FileError: the file exists and may not be read.
    """
    try:
        return _parse(read_file(path))
    except FileNotFoundError:
        return None
    except (OddFileError, ValueError, RecursionError):
        if set_aside:
            _set_aside(path, now)
        else:
            log.warning("%s is damaged: run `dropsonde update`", path)
        return None
    except OSError as error:
        raise FileError(
            f"{path}: {error.strerror or error}",
            "check its permissions, or choose another --cachepath",
        ) from error


def _parse(data: bytes) -> Stored:
    """Parse a file's content; ValueError when it is not a list of modules."""
    document = json.loads(data)
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of error for one kind of fault
    modules = document.get("modules")
    if not isinstance(modules, list) or not all(isinstance(name, str) for name in modules):
        raise ValueError("modules is not a list of strings")
    forge_list = ForgeList(
        slugs=public_slugs(frozenset(modules)),
        updated=parse_time(_text(document, "timestamp", "")),
        # A list without a source is the Ruby program's, which knows only the public Forge.
        source=_text(document, "source", DEFAULT_URL),
    )
    return Stored(forge_list, parse_time(_text(document, "full_refresh", "")))


def _text(document: dict[str, Any], key: str, default: str) -> str:
    value = document.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a string")  # noqa: TRY004 - as above
    return value


def parse_time(text: str) -> datetime | None:
    """Read a time as ISO 8601 or as Ruby writes it (``2019-09-19 11:47:13 -0700``, ``2000-1-1``).

    Returns:
        the time in UTC, to the second; None for any other text. No zone means UTC.
    """
    match = TIME.fullmatch(text.strip())
    if match is None:
        return None
    *clock, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        local = datetime(*(int(part or 0) for part in clock), tzinfo=timezone.utc)  # type: ignore[arg-type, misc]  # six numbers, by the pattern
        return local + offset if sign == "-" else local - offset
    except (ValueError, OverflowError):  # the 30th of February; before year 1
        return None


def _set_aside(path: Path, now: datetime) -> None:
    aside = path.with_name(f"{path.name}{state.ASIDE}{now:%Y%m%dT%H%M%S}")
    try:
        path.rename(aside)
    except OSError:
        log.warning(
            "%s is damaged and cannot be moved: remove it, then run `dropsonde update`", path
        )
    else:
        log.warning("%s was damaged and is now %s: run `dropsonde update`", path, aside.name)


def write(path: Path, stored: Stored) -> None:
    """Replace the list atomically: a kill leaves the old file or the new one.

    Raises:
        FileError: the directory cannot be written to.
    """
    document = {
        "timestamp": _written(stored.forge_list.updated),
        "full_refresh": _written(stored.full_refresh),
        "source": stored.forge_list.source,
        "modules": sorted(stored.forge_list.slugs),
    }
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(timezone.utc).isoformat(timespec="seconds")
