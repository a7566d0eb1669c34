"""Whether what a conf.d sets is one plain yes, and if not, why."""

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


class Found(NamedTuple):
    """A setting, and the file that it stands in."""

    file: Path
    setting: Setting


def below(files: Files, *path: str) -> list[Found]:
    """What all files set at a path and below it, or in the place of an object above it."""
    return [Found(file, each) for file, outline in files.items() for each in outline.below(*path)]


def is_false(setting: Setting) -> bool:
    """Whether it is a plain no: a boolean, and not a text, which the server takes for a yes."""
    return [piece.written for piece in setting.pieces] == ["false"]


def doubt(found: Found, files: Files) -> str:
    """What keeps the only setting of ``dropsonde.enabled`` from being a plain yes; else empty."""
    if found.setting.path != ENABLED or found.setting.text != "true":
        return "is neither true nor false"
    return next(_beside(files[found.file]), "") or next(_elsewhere(found.file, files), "")


def _beside(outline: Outline) -> Iterator[str]:
    """What stands beside a yes that is not plain."""
    for construct, line in outline.constructs.items():
        yield f"is true, but beside {construct} in line {line}"
    for token in outline.references:
        if not _is_plain(token, outline):
            what = f"a substitution in line {token.line} that names no text of that file"
            yield f"is true, but beside {what}"
    for line in outline.stanzas[1:]:
        yield f"is true, but {STANZA} stands in line {line}, too"
    try:
        if outline.size <= _MOST_TOKENS:
            read = second_reading(outline.plain, ".".join(ENABLED))
            if read is True or read == "true":
                return
    except NotUnderstoodError:
        pass
    yield "is true, but it, or what stands beside it, is written in an unusual way"


def _is_plain(token: Token, outline: Outline) -> bool:
    """Whether a substitution is of a text in its own file, which any environment has."""
    named = reference_of(token)
    return named is not None and bool(outline.texts(*named[1]))


def _elsewhere(own: Path, files: Files) -> Iterator[str]:
    """Second mentions; another file may hold a stanza of other plain values.

    The one that Puppet's packages bring in ``puppetserver.conf`` sets nothing at all.
    """
    for file, outline in files.items():
        lines = list(outline.mentions)
        if file != own:
            stanza = outline.below(STANZA)
            lines += [each.line for each in stanza if not each.is_object and each.text is None]
        for line in lines:
            yield f"is true, but {shown(file)} speaks of {STANZA}, too, in line {line}"


def clashes(files: Files) -> Iterator[Found]:
    """Settings that stand in another file, too, with which Puppet Server does not start.

    A value that is nothing but substitutions may be nothing at all, and does not count.
    """
    known: dict[tuple[str, ...], bool] = {}  # whether it is an object
    for file, outline in files.items():
        own: dict[tuple[str, ...], bool] = {}
        for each in outline.settings:
            above = [each.path[:length] for length in range(1, len(each.path))]
            own.update((path, True) for path in above if path not in own)
            if each.pieces and all(piece.kind == "reference" for piece in each.pieces):
                continue
            own[each.path] = each.is_object
            twice = each.path in known and not (known[each.path] and each.is_object)
            if twice or any(known.get(path) is False for path in above):
                yield Found(file, each)
        known.update(own)


def shown(path: Path) -> str:
    """A path in one line."""
    text = str(path)
    return text if text.isprintable() else repr(text)
