"""Decide the steps that bring one path to its wanted state."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import IntegrationError
from dropsonde_puppetserver.integration.part import Kind
from dropsonde_puppetserver.integration.text import Origin, origin

if TYPE_CHECKING:
    from dropsonde_puppetserver.integration.files import Files
    from dropsonde_puppetserver.integration.part import Part

_EDITED = "edited by you; without it, dropsonde's own comes back"
_FOREIGN = "not dropsonde's"
_LEFT = "left over"
_GIVEN_UP = "the package that brought it no longer does"
_TWICE = "runs dropsonde a second time"


@dataclass(frozen=True)
class Step:
    """One step at one path.

    Attributes:
        path: the path.
        done: the action, in the past tense.
        note: more about it.
        fault: how the path differs from the wanted state; "" when it does not.
        act: performs the step; None where there is nothing to do.
        gone: the paths that the step removes.
    """

    path: Path
    done: str
    note: str = ""
    fault: str = ""
    act: Callable[[], None] | None = None
    gone: tuple[Path, ...] = ()

    def line(self, *, dry_run: bool = False) -> str:
        """Describe the step, as done or planned, in one line."""
        done = f"would be {self.done}" if dry_run and self.act else self.done
        return f"{done}: {self.path}" + (f" ({self.note})" if self.note else "")


def steps(files: Files, part: Part, gone: set[Path]) -> Iterator[Step]:
    """Yield the steps at a path; none where there is nothing to report.

    Args:
        files: the host's files.
        part: the path's part.
        gone: the paths that earlier steps remove.
    """
    if part.kind is Kind.DIRECTORY:
        yield from _directory(files, part, gone)
    elif part.kind is Kind.LINK:
        yield from _link(files, part)
    else:
        for place in (part.path, *([part.original] if part.original else [])):
            for left in files.leftovers(place):
                yield _removed(files, left, note="a killed run had left it")
        decided = _unwanted_file if part.want is None else _wanted_file
        yield from decided(files, part)


def _removed(files: Files, path: Path, note: str = "", fault: str = _LEFT) -> Step:
    return Step(path, "removed", note, fault, partial(files.unlink, path), (path,))


def _directory(files: Files, part: Part, gone: set[Path]) -> Iterator[Step]:
    state = files.look(part.path)
    if state is not None and not (stat.S_ISDIR(state.st_mode) or stat.S_ISLNK(state.st_mode)):
        raise IntegrationError(f"{part.path}: not a directory", "move it away")
    ours = state is not None and stat.S_ISDIR(state.st_mode)  # not an administrator's link
    if part.want is None:
        ours = ours and part.path not in gone  # two packagings list the directory of backups
        if ours and {part.path / name for name in files.names(part.path)} <= gone:
            act = partial(files.rmdir, part.path)
            yield Step(part.path, "removed", act=act, gone=(part.path,))
    elif state is None:
        yield Step(part.path, "made", "", "missing", partial(files.make_directory, part))


def _link(files: Files, part: Part) -> Iterator[Step]:
    state = files.look(part.path)
    target = files.target(part.path) if state and stat.S_ISLNK(state.st_mode) else None
    same_unit = target is not None and target.rpartition("/")[2] == part.path.name
    if part.want is None:
        if same_unit:
            yield _removed(files, part.path, fault=_TWICE)
    elif state is None:
        yield Step(part.path, "installed", "", "missing", partial(files.link, part))
    elif target == part.want.decode():
        yield Step(part.path, "nothing to do")
    elif same_unit:
        yield Step(part.path, "replaced", "", "changed", partial(files.link, part))
    else:
        yield Step(part.path, "left", _FOREIGN, _FOREIGN)


def _wanted_file(files: Files, part: Part) -> Iterator[Step]:
    state = files.look(part.path)
    if state is None:
        yield Step(part.path, "installed", "", "missing", partial(files.install, part))
        if part.original and not part.gem and files.look(part.original):
            yield _removed(files, part.original, _GIVEN_UP)
        return
    regular = stat.S_ISREG(state.st_mode)
    data = files.read(part.path) if regular else b""
    whose = origin(data)
    if whose is Origin.EDITED:
        yield Step(part.path, "left", _EDITED, _EDITED)
    elif whose is Origin.OURS and (data, stat.S_IMODE(state.st_mode)) == (part.want, part.mode):
        yield Step(part.path, "nothing to do")
    elif whose is Origin.OURS:
        yield Step(part.path, "replaced", "", "changed", partial(files.install, part))
    elif part.original is not None and regular:
        note = f"the original is kept at {part.original}"
        yield Step(part.path, "replaced", note, _FOREIGN, partial(files.keep_and_install, part))
    else:
        yield Step(part.path, "left", _FOREIGN, _FOREIGN)


def _unwanted_file(files: Files, part: Part) -> Iterator[Step]:
    state = files.look(part.path)
    kept = part.original if part.original and files.look(part.original) else None
    regular = state is not None and stat.S_ISREG(state.st_mode)
    whose = origin(files.read(part.path)) if regular else Origin.FOREIGN
    if whose is Origin.EDITED:
        yield Step(part.path, "left", _EDITED, _TWICE if part.schedules else "")
        return
    if kept and part.restore and (part.gem if state is None else whose is Origin.OURS):
        yield Step(part.path, "restored", "", _LEFT, partial(files.put_back, part), (kept,))
        return
    if whose is Origin.OURS:
        yield _removed(files, part.path, fault=_TWICE if part.schedules else _LEFT)
    elif state is not None and part.schedules and part.original is None:
        yield Step(part.path, "left", _FOREIGN, _TWICE)
    if kept:
        yield _removed(files, kept, _GIVEN_UP if state is None else "no longer needed")
