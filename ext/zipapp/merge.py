"""Make dropsonde.pyz: one file for every Python and machine that start.py names.

One directory can contain compiled libraries of several Pythons, because each file's name says which
Python and machine it is for: ``_binding.cpython-312-aarch64-linux-gnu.so``. Only those for the
stable ABI (``.abi3.so``) name no machine; they get a name for each Python and machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import shiv  # type: ignore[import-untyped]  # it brings no types
from shiv.bootstrap.environment import (  # type: ignore[import-untyped]  # as above
    Environment,
)
from shiv.builder import create_archive  # type: ignore[import-untyped]  # as above

from ext.lock.locked import PROBE, normal, read
from ext.zipapp.start import MACHINES, PYTHONS

HERE = Path(__file__).resolve().parent
# The oldest libc first: its libraries also run with newer ones. 2.12 alone is ziglang's.
GLIBCS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_12")
TRIMMED = ("tests", "benchmarks")


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        site = merge(Path(work), PYTHONS, MACHINES)
        _pack(site, out / "dropsonde.pyz")
    print(out / "dropsonde.pyz")


def _gather(directory: Path) -> Path:
    if wheels := os.environ.get("WHEELS"):
        return Path(wheels)
    environ = {**os.environ, "PYTHON": sys.executable}
    subprocess.run([HERE.parent / "wheels", directory], env=environ, check=True)
    return directory


def merge(work: Path, pythons: Sequence[tuple[int, int]], machines: Sequence[str]) -> Path:
    """Gather the libraries for all these Pythons and machines; return their directory."""
    wheels = _gather(work / "wheels")
    site = work / "site"
    locked = read(PROBE)
    compiled = []
    for wheel in sorted(wheels.glob("*.whl")):
        if wheel.name.endswith("-none-any.whl"):
            _unpack(wheel, site, pythons[0], machines[0])
        else:
            compiled.append(locked[normal(wheel.name.split("-")[0])].requirement)
    wanted = work / "compiled.txt"
    wanted.write_text("".join(compiled))
    for python in pythons:
        for machine in machines:
            others = work / f"{python[1]}-{machine}"
            for wheel in _download(others, python, machine, wanted):
                _unpack(wheel, site, python, machine)
    return site


def target(python: tuple[int, int], machine: str) -> list[str]:
    """Options that make pip choose for a Python and machine other than its own."""
    options = ["--only-binary=:all:", "--implementation", "cp"]
    options += ["--python-version", "{}.{}".format(*python)]
    for glibc in GLIBCS:
        options += ["--platform", f"{glibc}_{machine}"]
    return options


def _download(directory: Path, python: tuple[int, int], machine: str, wanted: Path) -> list[Path]:
    command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet"]
    command += ["--disable-pip-version-check", *target(python, machine), "--dest", directory]
    command += ["--no-deps", "--require-hashes", "--requirement", wanted]
    subprocess.run(command, check=True)
    return sorted(directory.glob("*.whl"))


def _unpack(wheel: Path, site: Path, python: tuple[int, int], machine: str) -> None:
    suffix = ".cpython-{}{}-{}-linux-gnu.so".format(*python, machine)
    with zipfile.ZipFile(wheel) as opened:
        for name in opened.namelist():
            package, *inside = name.split("/")
            if package.endswith(".data"):
                sys.exit(f"merge.py: {wheel.name} holds files for elsewhere than site-packages")
            if name.endswith("/") or (inside and inside[0] in TRIMMED):
                continue
            file = site / name.replace(".abi3.so", suffix)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(opened.read(name))


def _pack(site: Path, target: Path) -> None:
    built = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    environment = Environment(
        built_at=time.strftime("%Y-%m-%d %H:%M:%S", built),
        shiv_version=shiv.__version__,
        entry_point="dropsonde.cli.probe:main",
        compile_pyc=False,  # it would take seconds at the first start
    )
    making = target.with_name(f"{target.name}.new")
    create_archive([site], making, "/usr/bin/env python3", "start:main", environment)
    with zipfile.ZipFile(making, "a", zipfile.ZIP_DEFLATED) as archive:
        start = zipfile.ZipInfo("start.py", built[:6])
        start.external_attr = 0o644 << 16
        archive.writestr(start, (HERE / "start.py").read_bytes(), zipfile.ZIP_DEFLATED)
    making.replace(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
