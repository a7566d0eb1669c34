"""The public words: the Forge's list, reloaded when its file changes, and the fixed vocabularies.

The file has the probe's format: ``{"timestamp": …, "modules": ["author-name", …]}``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from os import stat_result
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.intake import Intake
from dropsonde.common.errors import ConfigError
from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

log = logging.getLogger(__name__)

_ADVICE = (
    "run `dropsonde update --cachepath DIR` and copy DIR/forge.json there, "
    "or name it with --forge-list"
)


class Intakes:
    """Gives the intake with the newest list.

    Args:
        path: the list.
        versions: the columns of each known version, the newest first.

    Raises:
        ConfigError: the list is missing or malformed.
    """

    def __init__(self, path: Path, versions: Sequence[Sequence[Column]]) -> None:
        self._path = path
        self._versions = versions
        self._seen = self._stamp()
        self._intake = self._made()

    def current(self) -> Intake:
        """The current intake; if the file became unreadable, the former list stays in force."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._intake = self._made()
            except ConfigError as error:
                log.warning("%s; the former list stays in force", error.what)
            else:
                log.info("%s was read again", self._path)
        return self._intake

    def _stamp(self) -> tuple[int, ...]:
        """Values that differ between versions of the file."""
        try:
            state: stat_result = self._path.stat()
        except OSError:
            return ()
        return (state.st_mtime_ns, state.st_size, state.st_ino)

    def _made(self) -> Intake:
        words = {
            Domain.FORGE_SLUG: _slugs(self._path),
            Domain.RUBY_METHOD: ruby_methods(),
            Domain.OS_FAMILY: OS_FAMILIES,
        }
        return Intake(self._versions, words)


def _slugs(path: Path) -> frozenset[str]:
    """The slugs of the public modules.

    Raises:
        ConfigError: the file cannot be read, or names no module.
    """
    data = read_bounded(path)
    if data is None:
        raise ConfigError(f"{path}: there is no list of the Forge's modules", _ADVICE)
    try:
        modules = json.loads(data)["modules"]
        slugs = frozenset(name for name in modules if Domain.FORGE_SLUG.admits(name))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path}: not a list of the Forge's modules", _ADVICE) from error
    if not slugs:
        raise ConfigError(f"{path}: it names no module of the Forge", _ADVICE)
    return slugs
