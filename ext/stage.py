"""Lay out the files that the packages install: ``PYTHON stage.py ROOT [--units DIR] [--zsh DIR]``.

ext/source copies it into the tree, and the Python that the package is for runs it. It needs only
that Python, and no network. The environment consists only of unpacked wheels: no pip, no scripts of
the libraries, no path of the build machine.
"""

from __future__ import annotations

import argparse
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from compileall import compile_dir
from pathlib import Path

TREE = Path(__file__).resolve().parent
# Only root can write here or above, because root runs it; user puppet owns Puppet Server's own.
VENV = Path("/usr/lib/dropsonde")
# Tests and benchmarks of the libraries, which a server does not need.
TRIMMED = ("*/tests", "*/benchmarks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, help="where the package's files are laid out")
    parser.add_argument("--units", default="usr/lib/systemd/system", metavar="DIR")
    parser.add_argument("--zsh", default="usr/share/zsh/vendor-completions", metavar="DIR")
    arguments = parser.parse_args()
    os.umask(0o022)  # everybody may read it, whatever the builder's umask
    root: Path = arguments.root
    site = _environment(root)
    _compile(site, root)
    parts = site / "dropsonde_puppetserver" / "parts"
    _put(root / "usr/bin/dropsonde", _rendered(parts / "cli" / "dropsonde"), mode=0o755)
    for unit in sorted((parts / "systemd").iterdir()):
        _put(root / arguments.units / unit.name, _rendered(unit))
    for page in sorted((TREE / "man").glob("*.[158]")):
        _put(root / "usr/share/man" / f"man{page.suffix[1:]}" / page.name, page.read_bytes())
    python = root / VENV.relative_to("/") / "bin" / "python"
    program = (python, "-I", "-m", "dropsonde", "completion")
    _put(root / "usr/share/bash-completion/completions/dropsonde", _output(*program, "bash"))
    _put(root / arguments.zsh / "_dropsonde", _output(*program, "zsh"))
    examples = root / "usr/share/doc/dropsonde/examples"
    _put(examples / "telemetry.yaml", _output(python, "-I", TREE / "example_settings.py"))


def _environment(root: Path) -> Path:
    """The virtual environment: a link to Python, the file that marks it, and the libraries."""
    venv = root / VENV.relative_to("/")
    # The exact version's name: the libraries are for no other.
    version = "python{}.{}".format(*sys.version_info)
    site = venv / "lib" / version / "site-packages"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(f"/usr/bin/{version}")
    _put(venv / "pyvenv.cfg", b"home = /usr/bin\ninclude-system-site-packages = false\n")
    for wheel in sorted((TREE / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as opened:
            if any(name.split("/")[0].endswith(".data") for name in opened.namelist()):
                sys.exit(f"stage.py: {wheel.name} holds files for elsewhere than site-packages")
            opened.extractall(site)
    for pattern in TRIMMED:
        for directory in sorted(site.glob(pattern)):
            shutil.rmtree(directory)
    return site


def _compile(site: Path, root: Path) -> None:
    """Compile once: Python never checks these files again, so no user ever rewrites them."""
    done = compile_dir(
        site,
        quiet=1,
        workers=0,
        stripdir=root,
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        sys.exit("stage.py: a library does not compile")


def _rendered(part: Path) -> bytes:
    return part.read_bytes().replace(b"@PYTHON@", str(VENV / "bin" / "python").encode())


def _output(*command: str | Path) -> bytes:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def _put(file: Path, content: bytes, mode: int = 0o644) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


if __name__ == "__main__":
    main()
