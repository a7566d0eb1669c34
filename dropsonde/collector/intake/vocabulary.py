"""The public words: the Forge's list and published releases, and the fixed vocabularies.

The list's file has the probe's format: ``{"timestamp": …, "modules": ["author-name", …]}``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector import vocabulary_file
from dropsonde.collector.intake import Intake
from dropsonde.collector.vocabulary_file import by_module
from dropsonde.collector.watched_file import WatchedFile
from dropsonde.common.errors import ConfigError
from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.collector.vocabulary_file import VocabularyFile
    from dropsonde.schema.model import Column

_ADVICE = (
    "run `dropsonde update --cachepath DIR` and copy DIR/forge.json there, "
    "or name it with --forge-list"
)


@dataclass(frozen=True)
class Words:
    """What an intake is made of: it can be pickled, and read where no file can be.

    Attributes:
        versions: the columns of each known version, the newest first.
        slugs: the list.
        vocabulary: the bytes of the file of published releases; None for none.
    """

    versions: Sequence[Sequence[Column]]
    slugs: frozenset[str]
    vocabulary: bytes | None

    def intake(self) -> Intake:
        """Make the intake: some seconds with a vocabulary."""
        words = {
            Domain.FORGE_SLUG: self.slugs,
            Domain.RUBY_METHOD: ruby_methods(),
            Domain.OS_FAMILY: OS_FAMILIES,
            Domain.OS_NAME: OS_NAMES,
        }
        published = None if self.vocabulary is None else by_module(self.vocabulary)
        return Intake(self.versions, words, published)


class Vocabularies:
    """Watches the list and the file of published releases.

    Args:
        path: the list.
        versions: the columns of each known version, the newest first.
        vocabulary: the file of published releases; None for none.
        required: whether that file must exist at the start.

    Attributes:
        words: in force; the same object until a file changes.

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
        self._vocabulary: WatchedFile[VocabularyFile | None] | None = None
        if vocabulary:
            read = partial(vocabulary_file.read, required=required)
            self._vocabulary = WatchedFile(vocabulary, read, "vocabulary")
        self.words = self._made()

    @property
    def vocabulary(self) -> VocabularyFile | None:
        """The vocabulary in force; None for none."""
        return self._vocabulary.content if self._vocabulary else None

    def refresh(self) -> None:
        """Read what changed again: some seconds, for a thread of its own."""
        before = self._list.content, self.vocabulary
        self._list.look()
        if self._vocabulary:
            self._vocabulary.look()
        if before[0] is not self._list.content or before[1] is not self.vocabulary:
            self.words = self._made()

    def _made(self) -> Words:
        file = self.vocabulary
        return Words(self._versions, self._list.content, file.data if file else None)


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
