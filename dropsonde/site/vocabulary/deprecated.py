"""The file of deprecated modules that a collector keeps beside its vocabulary file.

It is for the public pages alone: probes never get it, and nothing is counted by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import ConfigError
from dropsonde.common.files import OddFileError, read_file, write_atomically
from dropsonde.schema.model import Domain
from dropsonde.site.forge.deprecated import Deprecated

if TYPE_CHECKING:
    from dropsonde.site.vocabulary.files import Files

__all__ = ["NAME", "Deprecated", "read", "write"]

NAME = "deprecated.json"
MAX_BYTES = 8 << 20  # if all modules of the Forge were deprecated, it would have 1 MB


def write(files: Files, modules: Mapping[str, Deprecated]) -> None:
    """Replace the file beside a vocabulary: the same modules give the same bytes."""
    document = {"forge": files.forge, "modules": dict(sorted(modules.items()))}
    text = json.dumps(document, indent=1)
    write_atomically(files.directory / NAME, f"{text}\n".encode())


def read(vocabulary: Path) -> Mapping[str, Deprecated]:
    """Read the file beside a vocabulary file; nothing is known without it.

    Raises:
        ConfigError: it is unreadable or malformed.
    """
    path = vocabulary.with_name(NAME)
    try:
        modules = json.loads(read_file(path, MAX_BYTES))["modules"]
        return {slug: _checked(slug, *said) for slug, said in modules.items()}
    except FileNotFoundError:
        return {}
    except OddFileError as error:
        fault = error.strerror
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "check its permissions") from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        fault = "it is not a list of deprecated modules"
    raise ConfigError(f"{path}: {fault}", "make it again with `dropsonde-collector vocabulary`")


def _checked(slug: str, since: str, successor: str | None) -> Deprecated:
    admitted = all(map(Domain.FORGE_SLUG.admits, (slug, slug if successor is None else successor)))
    if not admitted or date.fromisoformat(since).isoformat() != since:
        raise ValueError(since)
    return Deprecated(since, successor)
