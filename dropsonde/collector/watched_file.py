"""A file whose content is in force while the collector runs, and is read again when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from dropsonde.common.errors import ConfigError

log = logging.getLogger(__name__)

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """The content of a file.

    Args:
        path: the file.
        read: reads it; its second argument is the content in force, None at the start. Raises
            :class:`ConfigError` if the file is missing or malformed.
        noun: what the content is called in messages.

    Attributes:
        content: in force; the same object until the file changes.

    Raises:
        ConfigError: as ``read`` does.
    """

    def __init__(self, path: Path, read: Callable[[Path, T | None], T], noun: str) -> None:
        self._path = path
        self._read = read
        self._noun = noun
        self._seen = self._stamp()
        self.content = read(path, None)

    def look(self) -> None:
        """Read the file again if it changed; if it became unreadable, the former stays in force."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self.content = self._read(self._path, self.content)
        except ConfigError as error:
            log.warning("%s; the former %s stays in force", error.what, self._noun)
        else:
            log.info("%s was read again", self._path)

    def _stamp(self) -> tuple[int, ...]:
        """Values that differ between versions of the file."""
        try:
            state = self._path.stat()
        except OSError:
            return ()
        return (state.st_mtime_ns, state.st_size, state.st_ino)
