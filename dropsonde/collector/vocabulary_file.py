"""The vocabulary file of a collector: served to every probe, and what intake checks against."""

from __future__ import annotations

import gzip
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.errors import ConfigError
from dropsonde.common.files import OddFileError, read_file
from dropsonde.protocol.vocabulary import MAX_BYTES, parse

NAME = "vocabulary.txt"

_ADVICE = "make it again with `dropsonde-collector vocabulary`, or name another with --vocabulary"


class Published(NamedTuple):
    """What the Forge published of a module.

    Attributes:
        versions: of its releases.
        classes: the names that some release defines, in the module's own namespace.
    """

    versions: frozenset[str]
    classes: frozenset[str]


@dataclass(frozen=True)
class VocabularyFile:
    """One version of the file.

    Attributes:
        data: its bytes.
        compressed: the same in gzip.
        sha256: of its bytes; 64 hexadecimal digits.
    """

    data: bytes = field(repr=False)
    compressed: bytes = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> VocabularyFile:
        """Check and compress the bytes of a file.

        Raises:
            ValueError: it is not a vocabulary file; the message never shows its content.
        """
        parse(data)
        compressed = gzip.compress(data, mtime=0)  # the same bytes on every collector
        return cls(data, compressed, hashlib.sha256(data).hexdigest())


def by_module(data: bytes) -> dict[str, Published]:
    """What was published by slug; it takes six times as much memory as the file.

    Args:
        data: the file's bytes.

    Raises:
        ValueError: as :meth:`VocabularyFile.of`.
    """
    versions: dict[str, set[str]] = {}
    classes: dict[str, set[str]] = {}
    for release in parse(data).releases:
        versions.setdefault(release.slug, set()).add(release.version)
        classes.setdefault(release.slug, set()).update(release.classes or ())
    return {
        slug: Published(frozenset(found), frozenset(classes[slug]))
        for slug, found in versions.items()
    }


def read(path: Path, former: VocabularyFile | None, *, required: bool) -> VocabularyFile | None:
    """Read the file.

    Args:
        path: the file.
        former: the version in force.
        required: whether it must exist. It must in any case once a version is in force: a lost file
            does not end the checks.

    Returns:
        None if there is no file and need not be.

    Raises:
        ConfigError: it is missing, unreadable or malformed.
    """
    if not (required or former or os.path.lexists(path)):
        return None
    try:
        return VocabularyFile.of(read_file(path, MAX_BYTES))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no vocabulary", _ADVICE) from error
    except OddFileError as error:
        raise ConfigError(f"{path}: {error.strerror}", _ADVICE) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "check its permissions") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not a vocabulary: {error}", _ADVICE) from error
