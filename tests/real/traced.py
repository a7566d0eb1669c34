"""Find the paths that a program uses as root, and those that another user could replace."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.real.server_machine import Machine

_TRACE = "/run/trace"
_CALLS = "%file,setresuid,clone,clone3,fork,vfork"
_LINE = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)")
_PATH = re.compile(r'(?:(?P<handle>\d+|AT_FDCWD)<(?P<directory>[^>]*)>, )?"(?P<path>[^"]*)"')
# With one of these and a directory's handle, the kernel does not follow a link of that name.
_NOT_FOLLOWED = re.compile("NOFOLLOW")
_OF_A_NAME = frozenset(
    {"mkdirat", "unlinkat", "renameat", "renameat2", "symlinkat", "readlinkat", "linkat"}
)
_PROCESSES = frozenset({"clone", "clone3", "fork", "vfork"})
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass
class Traced:
    """What a run did as root.

    Attributes:
        paths: every path that it passed to the kernel, resolved by its text.
        by_name: single names in a directory that it held open, without following a link.
        dropped: whether any of its processes permanently became another user.
    """

    paths: set[str] = field(default_factory=set)
    by_name: set[str] = field(default_factory=set)
    dropped: bool = False


def trace(machine: Machine, *command: str) -> Traced:
    """Run a program as root in the machine, and read what it did while it was root."""
    tracer = ("strace", "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={_CALLS}", "-o", _TRACE)
    machine.run(*tracer, *command)
    return _read((machine.root / _TRACE.lstrip("/")).read_text(errors="surrogateescape"))


def _read(text: str) -> Traced:
    traced, others = Traced(), set[str]()
    for line in _whole_lines(text):
        match = _LINE.match(line)
        if match is None:
            continue
        process, call, arguments, result = match.groups()
        if call in _PROCESSES:
            if process in others:
                others.add(result)
        elif call == "setresuid" and result == "0" and not arguments.startswith("0"):
            others.add(process)
            traced.dropped = True
        elif process not in others:
            for path, single in _paths(call, arguments):
                (traced.by_name if single else traced.paths).add(path)
    return traced


def _whole_lines(text: str) -> Iterator[str]:
    """Yield the lines, with interrupted calls joined again."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        process = line.split(None, 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif " resumed>" in line and process in begun:
            yield begun.pop(process) + line.partition(" resumed>")[2]
        else:
            yield line


def _paths(call: str, arguments: str) -> Iterator[tuple[str, bool]]:
    """Yield each path of a call, and whether it is a single name in a directory held open."""
    given = arguments.split(", [", maxsplit=1)[0] if call == "execve" else arguments
    for match in _PATH.finditer(given):
        name, directory = match["path"], match["directory"]
        held = (match["handle"] or "AT_FDCWD") != "AT_FDCWD" and "/" not in name
        single = held and (call in _OF_A_NAME or bool(_NOT_FOLLOWED.search(arguments)))
        if name and (name.startswith("/") or directory is not None):  # "": the handle itself
            yield str(Path(directory or "/", name)), single


def replaceable(machine: Machine, paths: set[str]) -> list[str]:
    """Return the paths that a user other than root could replace."""
    return sorted(path for path in paths if any(_is_anothers(machine, up) for up in _above(path)))


def _above(path: str) -> tuple[Path, ...]:
    return tuple(Path(path).parents)[:-1]


def _is_anothers(machine: Machine, directory: Path) -> bool:
    try:
        found = (machine.root / str(directory).lstrip("/")).lstat()
    except OSError:
        return False
    writable = found.st_mode & _OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
    return found.st_uid != 0 or bool(writable and stat.S_ISDIR(found.st_mode))
