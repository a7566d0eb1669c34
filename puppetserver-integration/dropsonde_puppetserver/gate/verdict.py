"""Decide whether a conf.d holds exactly one plain opt-in, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde_puppetserver.gate.outline import STANZA
from dropsonde_puppetserver.gate.second import NotUnderstoodError, second_reading
from dropsonde_puppetserver.gate.tokens import reference_of

if TYPE_CHECKING:
    from dropsonde_puppetserver.gate.outline import Outline, Setting
    from dropsonde_puppetserver.gate.tokens import Token

    Files = Mapping[Path, Outline]

ENABLED = (STANZA, "enabled")
_MOST_TOKENS = 2000  # of a file for pyhocon; Debian's largest has half as many
_UNUSUAL = "is true, but the file is written in an unusual way"


class Found(NamedTuple):
    """A setting and its file."""

    file: Path
    setting: Setting


def below(files: Files, *path: str) -> list[Found]:
    """The settings of all files at and below a path, or in place of an object above it."""
    return [Found(file, each) for file, outline in files.items() for each in outline.below(*path)]


def is_false(setting: Setting) -> bool:
    """Whether a setting is the boolean false; the server takes the text "false" for a yes."""
    return [piece.written for piece in setting.pieces] == ["false"]


def doubt(found: Found, files: Files) -> str:
    """Why the only setting of ``dropsonde.enabled`` is no plain yes to the gate; empty if it is."""
    if found.setting.path != ENABLED or found.setting.text != "true":
        return "is neither true nor false"
    return next(_beside(files[found.file]), "") or next(_elsewhere(found.file, files), "")


def doubt_of_second(outline: Outline) -> str:
    """Why the second parser does not confirm the yes that the gate found; empty if it does."""
    try:
        read = second_reading(outline.plain, ".".join(ENABLED))
    except NotUnderstoodError:
        read = None
    return "" if read is True or read == "true" else _UNUSUAL


def _beside(outline: Outline) -> Iterator[str]:
    """Yield what in the same file makes a yes doubtful."""
    for construct, line in outline.constructs.items():
        yield f"is true, but the file has {construct} in line {line}"
    for token in outline.references:
        if not _is_plain(token, outline):
            what = f"a substitution in line {token.line} that names no text of that file"
            yield f"is true, but the file has {what}"
    for line in outline.stanzas[1:]:
        yield f"is true, but {STANZA} is also in line {line}"
    if outline.size > _MOST_TOKENS:
        yield _UNUSUAL


def _is_plain(token: Token, outline: Outline) -> bool:
    """Whether a substitution names a text in its own file, independent of the environment."""
    named = reference_of(token)
    return named is not None and bool(outline.texts(*named[1]))


def _elsewhere(own: Path, files: Files) -> Iterator[str]:
    """Yield second mentions; another file may hold a stanza of other plain values.

    The stanza that Puppet's packages install in ``puppetserver.conf`` sets nothing.
    """
    for file, outline in files.items():
        lines = list(outline.mentions)
        if file != own:
            stanza = outline.below(STANZA)
            lines += [each.line for each in stanza if not each.is_object and each.text is None]
        for line in lines:
            yield f"is true, but {shown(file)} also mentions {STANZA} in line {line}"


def clashes(files: Files) -> Iterator[Found]:
    """Yield settings that are also in another file, with which Puppet Server does not start.

    A value of only substitutions does not count, as it may be empty.
    """
    known: dict[tuple[str, ...], bool] = {}  # whether it is an object
    for file, outline in files.items():
        own: dict[tuple[str, ...], bool] = {}
        for setting in outline.settings:
            above = [setting.path[:length] for length in range(1, len(setting.path))]
            own.update((path, True) for path in above if path not in own)
            if setting.pieces and all(piece.kind == "reference" for piece in setting.pieces):
                continue
            own[setting.path] = setting.is_object
            twice = setting.path in known and not (known[setting.path] and setting.is_object)
            if twice or any(known.get(path) is False for path in above):
                yield Found(file, setting)
        known.update(own)


def shown(path: Path) -> str:
    """Format a path in one line."""
    text = str(path)
    return text if text.isprintable() else repr(text)
