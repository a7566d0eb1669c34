"""Merge the settings of a run: defaults, then telemetry.yaml, then the command line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dropsonde.common.errors import ConfigError
from dropsonde.common.files import is_there
from dropsonde.settings.options import FLAG, INTEGER, NAMES, OPTIONS, PATH, TEXT, URL, Option


class Settings(NamedTuple):
    """One run's settings; `sources` holds the origin of each."""

    verbose: bool
    update: bool
    cachepath: Path | None
    ttl: int
    enable: tuple[str, ...]
    disable: tuple[str, ...]
    seed: str | None
    seed_file: Path | None
    siteid: str | None
    forge: str | None
    forge_token_file: Path | None
    puppetdb: str | None
    plugins: Path | None
    evidence: str
    vocabulary: Path | None
    releases: str
    endpoint: str | None
    port: int | None
    cacert: Path | None
    max_wait: int
    interval: int
    splay: int
    accept: str | None
    sources: Mapping[str, str]

    def __repr__(self) -> str:
        """Show the settings without the seed's value, also in a traceback or a shell."""
        return f"Settings({self.public()})"

    @property
    def shares_id(self) -> bool:
        """Whether a setting gives the site id, or the seed, which other servers may share."""
        return any(given is not None for given in (self.seed, self.seed_file, self.siteid))

    def public(self) -> dict[str, Any]:
        """Return every setting for display, with the seed's value hidden."""
        values = self._asdict()
        del values["sources"]
        return {**values, "seed": "(set)" if self.seed else None}


def resolve(arguments: Mapping[str, Any], file: Path | None, *, required: bool) -> Settings:
    """Override the defaults with the file's values, and those with the command line's.

    Args:
        arguments: the options on the command line, by name.
        file: telemetry.yaml.
        required: whether the file must exist (the user named it).

    Raises:
        ConfigError: a key, a type or a value is wrong.
    """
    values: dict[str, Any] = {option.name: option.default for option in OPTIONS}
    sources = dict.fromkeys(values, "default")
    for origin, given in (
        (str(file), _read(file, required=required)),
        ("command line", {name: (value, "") for name, value in arguments.items()}),
    ):
        for option in OPTIONS:
            if option.name in given:
                value, line = given[option.name]
                where = f"{origin}{line}: {option.name}" if line else f"--{option.name}"
                values[option.name] = _checked(option, value, where)
                sources[option.name] = origin
    return Settings(**values, sources=sources)


def _read(file: Path | None, *, required: bool) -> Mapping[str, tuple[Any, str]]:
    """Read the file's keys; import YAML only where there may be a file."""
    if file is None or not (required or _stands(file)):
        return {}
    from dropsonde.settings.telemetry_yaml import read  # noqa: PLC0415  # keeps `list` free of a parser

    return read(file, required=required)


def _stands(file: Path) -> bool:
    """Whether the file exists; an inaccessible one is an error, as it may disable a metric."""
    try:
        return is_there(file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}", "run as a user who can read it") from error


def _checked(option: Option, value: Any, where: str) -> Any:
    """Convert a value to the option's type; a setting without a default may be empty."""
    if value is None and option.default is None:
        return None
    return _CHECKS[option.kind](option, value, where)


def _flag(_: Option, value: Any, where: str) -> bool:
    return bool(_is(value, bool, where, "true or false"))


def _integer(option: Option, value: Any, where: str) -> int:
    number = int(_is(value, int, where, "a whole number"))
    if not 0 <= number <= option.highest:
        raise ConfigError(f"{where}: out of range", f"use 0 to {option.highest}")
    return number


def _text(option: Option, value: Any, where: str) -> str:
    text = str(_is(value, str, where, "text (put it in quotes)")).strip()
    if option.choices:
        text = option.today(text.lstrip(":"))
        if text not in option.choices:
            raise ConfigError(f"{where}: unknown value", f"use {' or '.join(option.choices)}")
    if not text:
        raise ConfigError(f"{where}: the value is empty", "give one or leave the setting out")
    if option.kind == TEXT and not _is_utf8(text):
        raise ConfigError(f"{where}: not UTF-8", "write it in UTF-8")
    if option.name == "siteid" and not re.fullmatch("[0-9a-f]{128}", text):
        raise ConfigError(
            f"{where}: not a site id", "it is 128 hexadecimal digits, so that it cannot hold a name"
        )
    return text


def _is_utf8(text: str) -> bool:
    """False for stray bytes of the command line, and for half a surrogate pair in YAML."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _path(option: Option, value: Any, where: str) -> Path:
    text = _text(option, value, where)
    if "\0" in text:
        raise ConfigError(f"{where}: not a path", "it holds a NUL character")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"{where}: ~ names no home directory", "write it in full") from error


def _is(value: Any, kind: type, where: str, expected: str) -> Any:
    if type(value) is not kind:
        raise ConfigError(f"{where}: wrong type", f"expected {expected}")
    return value


def _names(_: Option, value: Any, where: str) -> tuple[str, ...]:
    """Convert a list of names, or a comma-separated text."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f"{where}: wrong type", "expected a list of names")
    return tuple(name.strip().lstrip(":") for name in value if name.strip())


def _url(option: Option, value: Any, where: str) -> str:
    """Check an http or https URL, and remove its trailing slash."""
    text = _text(option, value, where)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"\s", text):
        raise ConfigError(f"{where}: not a URL", "expected https://host[:port][/path]")
    return text.rstrip("/")


_CHECKS: Mapping[str, Callable[[Option, Any, str], Any]] = {
    FLAG: _flag,
    INTEGER: _integer,
    NAMES: _names,
    PATH: _path,
    TEXT: _text,
    URL: _url,
}
