"""Make what is published: ``python -m ext.release.main OUTDIR [PART...]`` (see ``build``).

Each artefact is built twice, the second time by a builder with another umask, time zone and
language, in another directory, with wheels of its own. Both must be equal, byte for byte.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import dropsonde
from ext.release.bill import bill, digest
from ext.release.notes import notes

CHECKOUT = Path(__file__).resolve().parents[2]
# What builds: a command, and how what it makes is called.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "wheel": (sys.executable, "-m", "build", "--no-isolation", "--outdir"),
    "deb": ("ext/debian/build",),
    "zipapp": ("ext/zipapp/build",),
    "standalone": ("ext/standalone/build",),
}
NOT_COPIED = (".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "dist")
SUMS = "SHA256SUMS"
NOTES = "NOTES.md"


def main(out: Path, *parts: str) -> None:
    """Build twice, compare, and write what goes with it.

    Args:
        out: where everything goes; what is there already must be of no other version.
        parts: some of ``COMMANDS``; all, if none is named.
    """
    if unknown := set(parts) - set(COMMANDS):
        sys.exit(f"ext/release: no part {min(unknown)}: these are {', '.join(COMMANDS)}")
    text = notes(CHECKOUT / "CHANGELOG.md", dropsonde.__version__)
    with tempfile.TemporaryDirectory(prefix="dropsonde release ") as work:
        first, second = Path(work, "first"), Path(work, "second")
        _build(_copied(Path(work, "here")), first, parts, {})
        other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "HOME": work}
        _build(_copied(Path(work, "somewhere else")), second, parts, other, umask=0o077)
        _compare(first, second)
        for artefact in sorted(first.iterdir()):
            shutil.copyfile(artefact, out / artefact.name)
            (out / f"{artefact.name}.cdx.json").write_text(bill(artefact))
    (out / NOTES).write_text(text, encoding="utf-8")
    published = sorted(path for path in out.iterdir() if path.name != SUMS)
    lines = [f"{digest(path)}  {path.name}\n" for path in published]
    (out / SUMS).write_text("".join(lines))
    print(*(path.name for path in [*published, out / SUMS]), sep="\n")


def _copied(directory: Path) -> Path:
    """Copy the checkout: a build must not depend on what lies around in this one."""
    ignored = shutil.ignore_patterns(*NOT_COPIED)
    return Path(shutil.copytree(CHECKOUT, directory, ignore=ignored))


def _build(
    checkout: Path,
    out: Path,
    parts: Sequence[str],
    environ: Mapping[str, str],
    umask: int = 0o022,
) -> None:
    out.mkdir()
    for part in parts or COMMANDS:
        print(f"building {part}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [*COMMANDS[part], out],
            cwd=checkout,
            env={**os.environ, **environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,  # checked below, to show the output
            umask=umask,
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\next/release: {part} cannot be built: see above")


def _compare(first: Path, second: Path) -> None:
    names = {path.name for path in first.iterdir()}
    if names != {path.name for path in second.iterdir()}:
        sys.exit("ext/release: the second build has other files than the first")
    for name in sorted(names):
        if (first / name).read_bytes() != (second / name).read_bytes():
            sys.exit(
                f"ext/release: {name} differs from one build to the next: diffoscope shows where"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
