"""A directory of configuration, read as Trapperkeeper's ``load-config`` does.

Each file is parsed on its own; they are merged, and a key that two of them set is an error, with
which the server does not start.

Trapperkeeper also reads ``.properties``, ``.edn``, ``.yaml`` and ``.yml``. We do not: where such a
file stands, we cannot say what the server reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde_puppetserver.hocon.file import Document, read_file
from dropsonde_puppetserver.hocon.ini_file import read_ini
from dropsonde_puppetserver.hocon.parser import STANZA
from dropsonde_puppetserver.hocon.tokens import UnsureError

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Tree

_KNOWN = (".ini", ".conf", ".json", ".properties", ".edn", ".yaml", ".yml")
# The pattern that Trapperkeeper makes of *.conf lets one follow: a file of no kind that it knows.
_LINE_ENDS = "\r\n\x85\u2028\u2029"


class UnreadError(Exception):
    """The configuration cannot be read, or not by us.

    Attributes:
        where: the file, or the directory.
        why: one line: what is wrong, and how to mend it.
    """

    def __init__(self, where: Path, why: str) -> None:
        super().__init__(why)
        self.where = where
        self.why = why


@dataclass(frozen=True)
class Contents:
    """What a directory sets.

    Attributes:
        tree: all of it.
        stanza: what the file that sets ``dropsonde.enabled`` says about ``dropsonde``, as HOCON;
            None when there is no such file, or it is no HOCON.
    """

    tree: Tree
    stanza: str | None


def enabled(tree: Tree) -> Any:
    """What stands at ``dropsonde.enabled``, or in the place of the stanza; None for nothing."""
    stanza = tree.get(STANZA, {})
    return stanza.get("enabled") if isinstance(stanza, dict) else stanza


def read(confd: Path, environ: Mapping[str, str]) -> Contents:
    """Read what ``--config`` names: a directory or a file, or several, with commas between them.

    Raises:
        UnreadError: Puppet Server would not start with it, or we cannot tell what it reads.
    """
    tree: Tree = {}
    stanza: str | None = None
    for file in _files(confd):
        document = _document(file, environ)
        twice = _add(tree, document.tree)
        if twice:
            why = (
                f"{twice} is set in another file, too, and Puppet Server refuses that: set it once"
            )
            raise UnreadError(file, why)
        if enabled(document.tree) is not None:
            stanza = document.stanza
    return Contents(tree, stanza)


def _document(file: Path, environ: Mapping[str, str]) -> Document:
    if file.suffix not in (".conf", ".json", ".ini"):
        raise UnreadError(
            file, "only .conf, .json and .ini are read: move what it sets to a .conf file"
        )
    try:
        if file.suffix == ".ini":
            return Document(read_ini(file), None)
        return read_file(file, environ)
    except UnsureError as error:
        line = f"line {error.line}: " if error.line else ""
        why = f"{line}{error.what}: mend it, or nothing there can be taken for an opt-in"
        raise UnreadError(file, why) from error


def _files(confd: Path) -> list[Path]:
    """The files to read: those of the kinds that Trapperkeeper knows, but no hidden ones."""
    files: list[Path] = []
    for path in map(Path, str(confd).split(",")):
        try:
            path.stat()
            names = sorted(file.name for file in path.iterdir()) if path.is_dir() else None
        except OSError as error:
            raise UnreadError(path, "it is not there, or may not be read: check CONFIG") from error
        if names is None:
            files.append(path)
            continue
        known = (name for name in names if name.rstrip(_LINE_ENDS).endswith(_KNOWN))
        files += [path / name for name in known if not name.startswith(".")]
    return files


def _add(tree: Tree, part: Tree) -> str:
    """Merge a file's settings into those of the others; name one that is set already."""
    for key, value in part.items():
        if key not in tree:
            tree[key] = value
        elif isinstance(tree[key], dict) and isinstance(value, dict):
            below = _add(tree[key], value)
            if below:
                return f"{key}.{below}"
        else:
            return key
    return ""
