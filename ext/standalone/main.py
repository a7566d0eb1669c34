"""Make ``dropsonde-VERSION-linux-MACHINE.tar.gz`` for each machine: see ``build``."""

from __future__ import annotations

import gzip
import os
import platform
import sys
import tarfile
import tempfile
from pathlib import Path

from dropsonde import __version__
from ext.lock.locked import COMPILER, read
from ext.standalone.compiling import compile_python
from ext.standalone.sources import BuildError, fetch
from ext.standalone.tree import lay_out, tell_origins
from ext.standalone.zig import Compiler
from ext.zipapp.start import MACHINES


def main(out: Path) -> None:
    machines = tuple(os.environ.get("MACHINES", platform.machine()).split())
    if machines[:1] != (platform.machine(),) or not set(machines) <= set(MACHINES):
        known = " and ".join(MACHINES)
        raise BuildError(f"MACHINES names this machine first, of {known}: not {' '.join(machines)}")
    with tempfile.TemporaryDirectory(prefix="dropsonde-") as name:
        work = Path(name)
        sources = fetch(work)
        compiler = Compiler(work, machines)
        zig = f"ziglang {read(COMPILER)['ziglang'].version}"
        program: Path | None = None
        native: Path | None = None
        for machine in machines:
            made = compile_python(compiler, sources, machine, program)
            root = work / machine / f"dropsonde-{__version__}-linux-{machine}"
            lay_out(root, made, sources, machine, native)
            tell_origins(root, sources, (zig, compiler.licence))
            print(_pack(root, out))
            program, native = program or made, native or root


def _pack(root: Path, out: Path) -> Path:
    """Archive a directory: the same files make the same bytes, whoever owns them."""
    when = int(os.environ["SOURCE_DATE_EPOCH"])

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = when
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    archive = out / f"{root.name}.tar.gz"
    making = archive.with_name(f"{archive.name}.new")
    with (
        making.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=when) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as opened,
    ):
        opened.add(root, root.name, recursive=False, filter=plain)
        for path in sorted(root.rglob("*")):
            opened.add(path, f"{root.name}/{path.relative_to(root)}", recursive=False, filter=plain)
    making.replace(archive)
    return archive


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BuildError as error:
        sys.exit(f"ext/standalone/build: {error}")
