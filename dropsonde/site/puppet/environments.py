"""Find and read directory environments as Puppet's ``environments.rb`` does."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import PuppetError
from dropsonde.common.files import read_file
from dropsonde.site.puppet.conf import DEFAULT_SECTION, parse_conf
from dropsonde.site.puppet.interpolation import split_paths
from dropsonde.site.puppet.paths import children, expand, is_directory
from dropsonde.site.puppet.patterns import Matcher

if TYPE_CHECKING:
    from dropsonde.site.puppet.settings import PuppetSettings

logger = logging.getLogger(__name__)

_NAME = re.compile(r"\w+", re.ASCII)
_PATTERN = re.compile(r"[*?\[{]")


@dataclass(frozen=True)
class Environment:
    """One environment; its modulepath may name directories that do not exist."""

    name: str
    path: Path
    modulepath: tuple[Path, ...]


def find_environments(settings: PuppetSettings) -> tuple[Environment, ...]:
    """List the environments, sorted by name; of equal names the first in environmentpath counts.

    An environment whose environment.conf Puppet refuses, or that is unreadable, gets an empty
    modulepath: Puppet compiles nothing in it.
    """
    found: dict[str, Path] = {}
    for directory in settings.environmentpath:
        for child in children(directory):
            if _NAME.fullmatch(child.name):
                path = _real(child, settings)
                if path is not None and is_directory(path):
                    found.setdefault(child.name, path)
    return tuple(
        Environment(name, path, _modulepath(path, settings)) for name, path in sorted(found.items())
    )


def _real(path: Path, settings: PuppetSettings) -> Path | None:
    """Follow an environment's link where Puppet does; relative paths start at its target."""
    if not (settings.versioned_environment_dirs and path.is_symlink()):
        return path
    try:
        return expand(str(path.readlink()), settings.lookup.home)
    except ValueError:
        return None


def _modulepath(path: Path, settings: PuppetSettings) -> tuple[Path, ...]:
    try:
        written = _written_modulepath(path / "environment.conf")
        if written is None:
            return (path / "modules", *settings.basemodulepath)
        return _resolve(written, path, settings)
    except (PuppetError, OSError, ValueError) as error:
        # Not the error's own text: it holds the environment's name or path.
        reason = error.strerror if isinstance(error, OSError) else "Puppet refuses it too"
        logger.warning(
            "the environment.conf of an environment cannot be read (%s); its modules are left out; "
            "`puppet config print modulepath --environment NAME` shows the fault",
            reason,
        )
        return ()


def _written_modulepath(conf: Path) -> str | None:
    try:
        data = read_file(conf)
    except FileNotFoundError:
        return None
    entry = parse_conf(data, conf)[DEFAULT_SECTION].get("modulepath")
    if entry is None:
        return None
    if isinstance(entry.value, bool):
        raise ValueError("the modulepath is true or false")  # noqa: TRY004 (a file's fault)
    return entry.value


def _resolve(written: str, path: Path, settings: PuppetSettings) -> tuple[Path, ...]:
    """Make each part absolute, expand its pattern, and then interpolate its variables."""
    home = settings.lookup.home
    parts: list[str] = []
    matcher = Matcher()
    for part in split_paths(written):
        absolute = part if part.startswith("$") else str(expand(part, home, path))
        # Puppet takes a variable within a pattern literally, as a directory's name.
        if not _PATTERN.search(absolute):
            parts.append(absolute)
        elif absolute.startswith("/"):
            parts += matcher.matches(absolute)
    filled = settings.lookup.fill(":".join(parts))
    return tuple(expand(part, home) for part in split_paths(filled))
