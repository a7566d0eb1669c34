"""Lay out the files of one machine's dropsonde in the form of ``/usr``: bin, lib, share.

The interpreter finds its library from its own path, so the directory may be anywhere.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from ext.standalone.zig import GLIBC
from ext.zipapp.merge import merge

if TYPE_CHECKING:
    from ext.standalone.sources import Source

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
PYTHON = (3, 13)
HOME = Path("lib/dropsonde")
LIBRARY = HOME / "lib" / "python{}.{}".format(*PYTHON)
# Tests, and what needs a module that the interpreter is compiled without.
TRIMMED = """
    __phello__ ctypes curses dbm ensurepip idlelib pydoc_data sqlite3 test tkinter turtledemo
    turtle.py
"""
_SYSCONFIG = """\
# What a program may ask of the interpreter; there is nothing here to compile others with.
build_time_vars = {{
    "EXT_SUFFIX": ".{tag}.so",
    "MULTIARCH": "{machine}-linux-gnu",
    "Py_GIL_DISABLED": 0,
    "SOABI": "{tag}",
}}
"""
_COMPILE = """
import compileall, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
ok = compileall.compile_dir(sys.argv[1], quiet=1, stripdir=sys.argv[1], invalidation_mode=mode)
sys.exit(not ok)
"""


def lay_out(
    root: Path, program: Path, sources: dict[str, Source], machine: str, native: Path | None
) -> None:
    """Make the directory.

    Args:
        root: the directory.
        program: the compiled interpreter.
        sources: those that it is made of.
        machine: what it is for.
        native: the root that an earlier call made for this machine, to make one for another.
    """
    _put(program, root / HOME / "bin" / "python", mode=0o755)
    _put(HERE / "dropsonde", root / "bin" / "dropsonde", mode=0o755)
    shutil.copytree(
        sources["python3.13"].directory / "Lib",
        root / LIBRARY,
        ignore=shutil.ignore_patterns("__pycache__", *TRIMMED.split()),
    )
    # The interpreter looks for it, to know where it is; its own modules are all within it.
    (root / LIBRARY / "lib-dynload").mkdir()
    tag = "cpython-{}{}-{}-linux-gnu".format(*PYTHON, machine)
    data = root / LIBRARY / f"_sysconfigdata__linux_{machine}-linux-gnu.py"
    data.write_text(_SYSCONFIG.format(tag=tag, machine=machine))
    work = root.parent / "libraries of its own"
    shutil.copytree(
        merge(work, [PYTHON], [machine]), root / LIBRARY / "site-packages", dirs_exist_ok=True
    )
    python = (native or root) / HOME / "bin" / "python"
    # -B: the compiler must not keep its own modules as Python does, with this directory's path.
    subprocess.run([python, "-I", "-B", "-c", _COMPILE, root / LIBRARY], check=True)
    _share(root, python)


def _share(root: Path, python: Path) -> None:
    """Put the manuals, completions and the example beside the program."""
    share = root / "share"
    for page in sorted((CHECKOUT / "man").glob("*.[158]")):
        if page.name != "dropsonde-collector.1":  # here is only the probe
            _put(page, share / "man" / f"man{page.suffix[1:]}" / page.name)
    completion = (python, "-I", "-m", "dropsonde", "completion")
    _write(share / "bash-completion/completions/dropsonde", _output(*completion, "bash"))
    _write(share / "zsh/site-functions/_dropsonde", _output(*completion, "zsh"))
    documents = share / "doc" / "dropsonde"
    for name in ("CHANGELOG.md", "LICENSE", "README.md"):
        _put(CHECKOUT / name, documents / name)
    example = _output(python, "-I", CHECKOUT / "ext" / "example_settings.py")
    _write(documents / "examples" / "telemetry.yaml", example)


def tell_origins(root: Path, sources: dict[str, Source], compiler: tuple[str, Path]) -> None:
    """Write what the interpreter is made of, and under which licences.

    Args:
        root: the directory.
        sources: Debian's.
        compiler: its name and version, and its licence: its run-time library is in the program.
    """
    documents = root / "share" / "doc" / "dropsonde"
    name, licence = compiler
    lines = [f"{source.package} {source.version} (Debian)" for source in sources.values()]
    text = f"The interpreter is made for glibc {GLIBC} of:\n\n" + "\n".join([*lines, name]) + "\n"
    _write(documents / "SOURCES", text.encode())
    for source in sources.values():
        _put(source.licences, documents / "licences" / source.package)
    _put(licence, documents / "licences" / name.split()[0])


def _output(*command: str | Path) -> bytes:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def _put(source: Path, target: Path, mode: int = 0o644) -> None:
    _write(target, source.read_bytes())
    target.chmod(mode)


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
