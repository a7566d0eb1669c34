"""Read telemetry.yaml safely, with the line of each key, and write it.

Keys may be Ruby symbols (``:update:``), as the Ruby program wrote them, or plain. Its `initconfig`
writes more, which is read as that program reads it: keys without a value, which are not set;
``:version:`` and ``:help:``; and ``commands:``, with `submit`'s endpoint and port.
"""

from __future__ import annotations

import difflib
import logging
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dropsonde.common.errors import ConfigError
from dropsonde.common.files import PRIVATE_FILE, write_atomically
from dropsonde.common.trusted import ReplaceableError, read_trusted
from dropsonde.settings.options import OPTIONS

log = logging.getLogger(__name__)

MAX_BYTES = 64 << 10
_MAKE_ONE = "check the path and its permissions, or run initconfig to make one"
KEYS = tuple(option.name for option in OPTIONS)
_EMPTY = "tag:yaml.org,2002:null"  # a document of `---` alone, as initconfig may write it
# The types of a setting's value. YAML's other types have surprising conversion rules.
_PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "null", "seq", "str"))
_OPTIONS_OF_ALL = ("version", "help")  # of the Ruby program, in its file: they set nothing
_COMMANDS, _SUBMIT = "commands", "submit"
_SUBMITS = ("endpoint", "port")


def read(file: Path, *, required: bool = True) -> dict[str, tuple[Any, str]]:
    """Read the file's keys, without colon, each with its value and its line (`` line 3``).

    Args:
        file: the path of a file that only root or the current user can replace.
        required: whether the file must exist; otherwise a missing one counts as empty.

    Raises:
        ConfigError: the file cannot be read, another user could replace it, it is not a YAML
            mapping, or it has an unknown or duplicate key.
    """
    try:
        data, state = read_trusted(file, MAX_BYTES)
    except ReplaceableError as error:
        raise ConfigError(str(error), error.advice) from error
    except FileNotFoundError as error:
        if not required:
            return {}
        raise ConfigError(f"{file}: {error.strerror}", _MAKE_ONE) from error
    except OSError as error:  # does not count as absent: the file may disable a metric
        raise ConfigError(f"{file}: {error.strerror}", _MAKE_ONE) from error
    given = _parse(file, data)
    if "seed" in given and state.st_mode & stat.S_IROTH:
        log.warning("%s: everybody on this host can read the seed; chmod o-r it", file)
    return given


def _parse(file: Path, data: bytes) -> dict[str, tuple[Any, str]]:
    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if node is None or node.tag == _EMPTY:
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError(f"{file} line 1: not a mapping", "write one `:key: value` a line")
        given: dict[str, tuple[Any, str]] = {}
        for key_node, value_node in _settings(file, node):
            if value_node.tag == _EMPTY:
                continue
            line = f" line {key_node.start_mark.line + 1}"
            name = _name(key_node)
            if name in given:
                raise ConfigError(f"{file}{line}: {name} stands twice", "remove one of them")
            value = _value(loader, value_node, f"{file}{line}: {name}")
            if name == "seed" and type(value) is int:
                value = value_node.value  # as it is written: 007 is another seed than 7
            given[name] = (value, line)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{file}{line}: malformed YAML", _problem(error)) from None
    return given


def _settings(file: Path, node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The keys of settings, with their values; `submit`'s where the Ruby program has them.

    Raises:
        ConfigError: a key is unknown.
    """
    for key, value in node.value:
        name = _name(key)
        if name == _COMMANDS:
            yield from _submits(file, key, value)
        elif name not in _OPTIONS_OF_ALL:
            yield _known(key, KEYS, file), value


def _submits(
    file: Path, key: yaml.Node, commands: yaml.Node
) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The same of `submit`, among the options of all commands of the Ruby program."""
    for name, options in _pairs(file, key, commands):
        if _name(name) == _SUBMIT:
            for option, value in _pairs(file, name, options):
                yield _known(option, _SUBMITS, file), value


def _pairs(file: Path, key: yaml.Node, node: yaml.Node) -> list[tuple[yaml.Node, yaml.Node]]:
    if node.tag == _EMPTY:
        return []
    if isinstance(node, yaml.MappingNode):
        return list(node.value)
    where = f"{file} line {key.start_mark.line + 1}: {_name(key)}"
    raise ConfigError(f"{where}: not a mapping", "write one `:key: value` a line")


def _value(loader: yaml.SafeLoader, node: yaml.Node, where: str) -> Any:
    """Read a plain value or a list of them; nested aliases could fill the memory.

    Raises:
        ConfigError: any other value; without YAML's own message, which quotes the file.
    """
    parts = node.value if isinstance(node, yaml.SequenceNode) else ()
    plain = node.tag in _PLAIN and all(
        isinstance(part, yaml.ScalarNode) and part.tag in _PLAIN for part in parts
    )
    try:
        if plain:
            return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, LookupError, ValueError):
        pass  # a value that does not fit its tag, as in `!!int many`
    raise ConfigError(
        f"{where}: not a plain value",
        "write true or false, a whole number, text (in quotes) or a list of names; "
        "tags such as !ruby/object are not read",
    )


def _problem(error: Exception) -> str:
    """Describe the fault without text from the file, which may hold the seed."""
    if isinstance(error, yaml.composer.ComposerError):
        return "a value that begins with * or & is put in quotes"
    if isinstance(error, yaml.MarkedYAMLError):
        return "check colons, quotes and indentation there; special characters need quotes"
    return "write it in UTF-8, one `:key: value` a line"


def _name(key: yaml.Node) -> str:
    """A key without its colon."""
    return key.value.lstrip(":") if isinstance(key.value, str) else ""


def _known(key: yaml.Node, known: Sequence[str], file: Path) -> yaml.Node:
    """The same key, if it is one of these."""
    name = _name(key)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        where = f"{file} line {key.start_mark.line + 1}"
        raise ConfigError(f"{where}: unknown key {name!r}", advice)
    return key


def write(file: Path, values: Mapping[str, Any]) -> None:
    """Write telemetry.yaml with symbol keys, readable by its owner alone when it holds a seed."""
    document = {f":{name}": value for name, value in values.items()}
    text = yaml.safe_dump(document, explicit_start=True, sort_keys=False) if document else "---\n"
    write_atomically(file, text.encode(), mode=PRIVATE_FILE if "seed" in values else 0o644)
