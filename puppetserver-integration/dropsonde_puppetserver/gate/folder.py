"""Outline the files of a configuration directory, as Trapperkeeper's ``load-config`` reads them.

Trapperkeeper also reads ``.ini``, ``.properties``, ``.edn``, ``.yaml`` and ``.yml``. This module
does not: where such a file sets anything, the server's configuration is unknown.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from dropsonde.common.files import read_file
from dropsonde_puppetserver.gate.outline import Outline, outline
from dropsonde_puppetserver.gate.tokens import RefusedError

LARGEST = 1 << 18  # bytes of all files together; Debian's have 15 kB
MOST = 200  # files
_KNOWN = (".ini", ".conf", ".json", ".properties", ".edn", ".yaml", ".yml")
# Trapperkeeper's pattern for *.conf also matches a name with one of these at its end.
_LINE_ENDS = "\r\n\x85\u2028\u2029"
_MEND = "mend it, or nothing there counts as an opt-in"
_ONLY_COMMENTS = re.compile(r"(?:[ \t]*(?:[#;][^\\\r\n]*)?\r?(?:\n|\Z))*")
_ODD_NUMBER = re.compile(r"\d{19}|NaN|Infinity")


def read_folder(confd: Path) -> tuple[dict[Path, Outline], dict[Path, str]]:
    """Read the paths in ``--config``: directories or files, separated by commas.

    Returns:
        the outlines of the readable files; and for each other file, or the directory, one line
        with the fault and how to fix it.
    """
    outlines: dict[Path, Outline] = {}
    faults: dict[Path, str] = {}
    size = 0
    try:
        files = _files(confd)
    except OSError as error:
        why = f"it cannot be read by this user ({error.strerror}): check CONFIG"
        return outlines, {Path(error.filename): why}
    if len(files) > MOST:
        return outlines, {confd: f"more than {MOST} files: check CONFIG"}
    for file in files:
        try:
            data = read_file(file, LARGEST)
            size += len(data)
            outlines[file] = _outline(file, data.decode("utf-8-sig", errors="replace"), size)
        except OSError as error:  # noqa: PERF203 - each file has its own fault
            faults[file] = f"it cannot be read by this user ({error.strerror}): {_MEND}"
        except RefusedError as error:
            line = f"line {error.line}: " if error.line else ""
            faults[file] = f"{line}{error.what}: {_MEND}"
    return outlines, faults


def _files(confd: Path) -> list[Path]:
    """List the files to read: those of types that Trapperkeeper knows, without hidden ones."""
    files: list[Path] = []
    for path in map(Path, str(confd).split(",")):
        path.stat()
        files += sorted(filter(_counts, path.iterdir())) if path.is_dir() else [path]
    return files


def _counts(file: Path) -> bool:
    return file.name.rstrip(_LINE_ENDS).endswith(_KNOWN) and not file.name.startswith(".")


def _outline(file: Path, text: str, size: int) -> Outline:
    if size > LARGEST:
        raise RefusedError(f"all files together have more than {LARGEST:,} bytes", 0)
    if file.suffix == ".ini" and _ONLY_COMMENTS.fullmatch(text):
        return Outline()
    if file.suffix not in (".conf", ".json"):
        raise RefusedError("this is neither .conf nor .json: move what it sets to a .conf file", 0)
    if file.suffix == ".json":
        _require_json(text)
    return outline(text)


def _require_json(text: str) -> None:
    """Require strict JSON with numbers that Java accepts, as Lightbend's parser does."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RefusedError("text that is not JSON", getattr(error, "lineno", 1)) from error
    if odd := _ODD_NUMBER.search(text):
        raise RefusedError("a number that Java does not know", text.count("\n", 0, odd.start()) + 1)
