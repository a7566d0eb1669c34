"""The public words: the Forge's list and published releases, and the fixed vocabularies.

The list's file has the probe's format: ``{"timestamp": …, "modules": ["author-name", …]}``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector import vocabulary_file
from dropsonde.collector.intake import Intake
from dropsonde.collector.watched_file import WatchedFile
from dropsonde.common.errors import ConfigError
from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.collector.vocabulary_file import VocabularyFile
    from dropsonde.schema.model import Column

_ADVICE = (
    "run `dropsonde update --cachepath DIR` and copy DIR/forge.json there, "
    "or name it with --forge-list"
)


class Intakes:
    """Gives the intake with the newest list and vocabulary.

    Args:
        path: the list.
        versions: the columns of each known version, the newest first.
        vocabulary: the file of published releases; None for none.
        required: whether that file must exist at the start.

    Attributes:
        vocabulary: that file; None for none. Reading it takes seconds, so :meth:`current` does not
            look whether it changed: a background task does.

    Raises:
        ConfigError: the list is missing, or either is malformed.
    """

    def __init__(
        self,
        path: Path,
        versions: Sequence[Sequence[Column]],
        vocabulary: Path | None = None,
        *,
        required: bool = True,
    ) -> None:
        self._versions = versions
        self._list = WatchedFile(path, _slugs, "list")
        self.vocabulary: WatchedFile[VocabularyFile | None] | None = None
        if vocabulary:
            read = partial(vocabulary_file.read, required=required)
            self.vocabulary = WatchedFile(vocabulary, read, "vocabulary")
        self._intake = self._made()

    def current(self) -> Intake:
        """The current intake."""
        self._list.look()
        slugs, vocabulary = self._sources
        if slugs is not self._list.content or vocabulary is not self._published():
            self._intake = self._made()
        return self._intake

    def _published(self) -> VocabularyFile | None:
        return self.vocabulary.content if self.vocabulary else None

    def _made(self) -> Intake:
        self._sources = slugs, vocabulary = self._list.content, self._published()
        words = {
            Domain.FORGE_SLUG: slugs,
            Domain.RUBY_METHOD: ruby_methods(),
            Domain.OS_FAMILY: OS_FAMILIES,
        }
        return Intake(self._versions, words, vocabulary.modules if vocabulary else None)


def _slugs(path: Path, _: object) -> frozenset[str]:
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
