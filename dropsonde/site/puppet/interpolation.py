"""Look up and interpolate Puppet settings.

The rules are those of ``ChainedValues`` in Puppet's ``settings.rb``, for the server run mode.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dropsonde.common.errors import PuppetError
from dropsonde.site.puppet.conf import Entry
from dropsonde.site.puppet.defaults import LISTS, PATHS, TEXTS
from dropsonde.site.puppet.paths import expand

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}", re.ASCII)
MAX_TEXT = 1 << 16
_ADVICE = "correct it in puppet.conf; `puppet config print --section server` shows what counts"

DEFAULTS = {
    name: Entry(default)
    for table in (PATHS, LISTS, TEXTS)
    for name, default in table.items()
    if default is not None
}


def split_paths(text: str) -> list[str]:
    """Split a list of paths at ":" as Ruby does: without empty parts at the end."""
    return text.rstrip(":").split(":") if text.rstrip(":") else []


@dataclass(frozen=True)
class Lookup:
    """The sources of values, by priority, and the home directory that ``~`` means."""

    places: tuple[Mapping[str, Entry], ...]
    home: Path

    def text(self, name: str) -> str:
        """Return a setting's value as Puppet prints it: interpolated, with absolute paths.

        Raises:
            PuppetError: for a variable that is unknown or refers to itself, and for a value
                that is not a path where one is needed. The message names the setting, not the
                value.
        """
        return self._resolve(name, (), {})

    def path(self, name: str) -> Path:
        """Return the value of a setting that holds one path; raises as :meth:`text` does."""
        return Path(self.text(name))

    def paths(self, name: str) -> tuple[Path, ...]:
        """Return the value of a setting that holds a list; raises as :meth:`text` does."""
        return tuple(Path(part) for part in split_paths(self.text(name)))

    def entry(self, name: str) -> Entry | None:
        """Return a setting's value as written."""
        return next((place[name] for place in self.places if name in place), DEFAULTS.get(name))

    def fill(self, text: str) -> str:
        """Interpolate a text from outside puppet.conf; raises as :meth:`text` does."""
        return self._fill(text, (), {})

    def _resolve(self, name: str, within: tuple[str, ...], known: dict[str, str]) -> str:
        """Return a setting's value; ``known`` caches the values resolved so far."""
        if name not in known:
            known[name] = self._found(name, within, known)
        return known[name]

    def _found(self, name: str, within: tuple[str, ...], known: dict[str, str]) -> str:
        entry = self.entry(name)
        if entry is None or not (name in PATHS or name in LISTS or name in TEXTS):
            raise _fault("it uses a variable that is no path or text known to Puppet", within, self)
        within = (*within, name)
        if isinstance(entry.value, bool):
            if name in TEXTS:
                return str(entry.value).lower()
            raise _fault("it is true or false, not a path", within, self)
        if name in within[:-1]:
            raise _fault("it leads back to itself", within, self)
        value = self._fill(entry.value, within, known)
        try:
            if name in PATHS:
                return str(expand(value, self.home))
            if name in LISTS:
                return ":".join(str(expand(part, self.home)) for part in split_paths(value))
        except ValueError as error:
            raise _fault(str(error), within, self) from error
        return value

    def _fill(self, text: str, within: tuple[str, ...], known: dict[str, str]) -> str:
        size = len(text)

        def value(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if name == "environment":  # Puppet does not replace it, except in config_version
                return match[0]
            nonlocal size
            found = "server" if name == "run_mode" else self._resolve(name, within, known)
            size += len(found)
            if size > MAX_TEXT:  # a few settings that repeat each other would fill the memory
                raise _fault(
                    f"with its variables it has more than {MAX_TEXT} letters", within, self
                )
            return found

        return _VARIABLE.sub(value, text)


def _fault(what: str, within: tuple[str, ...], lookup: Lookup) -> PuppetError:
    """Make an error for the innermost setting that is set, not for a default derived from it."""
    for name in reversed(within):
        entry = lookup.entry(name)
        if entry is not None and entry.where:
            return PuppetError(f"{entry.where}: `{name}` cannot be read: {what}", _ADVICE)
    name = within[-1] if within else "a variable"
    return PuppetError(f"Puppet's `{name}` cannot be read: {what}", _ADVICE)
