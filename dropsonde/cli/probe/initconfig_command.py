"""``dropsonde initconfig``: write telemetry.yaml from the options given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.common.errors import ConfigError, FileError
from dropsonde.common.files import is_there
from dropsonde.common.privileges import become_owner
from dropsonde.settings.options import NAMES, OPTIONS
from dropsonde.settings.resolve import resolve
from dropsonde.settings.telemetry_yaml import write

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


def run(this: Run) -> int:
    """Write the file, unless one is there already, and print where."""
    file = this.config
    become_owner(file.parent)
    if _exists(file) and not this.arguments.force:
        raise ConfigError(f"{file}: exists already", "edit it, or replace it with --force")
    checked = resolve(this.given, None, required=False)
    values: dict[str, Any] = {}
    for option in OPTIONS:
        if option.name in this.given:
            value = getattr(checked, option.name)
            if option.kind == NAMES:
                value = list(value)
            # A schedule runs in another directory, so paths in the file are absolute.
            values[option.name] = str(value.absolute()) if isinstance(value, Path) else value
    write(file, values)
    this.write_lines([f"wrote {file}"])
    return 0


def _exists(file: Path) -> bool:
    try:
        return is_there(file)
    except OSError as error:
        raise FileError(f"{file}: {error.strerror}", "choose another --config") from error
