"""Renew the locks from the index that pip is configured for: ``python -m ext.lock.renew``.

Every library gets its newest version that supports the oldest Python; the digests are those of the
wheels that pip chooses for each Python and machine. Read the difference before you commit it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from ext.lock.locked import BUILD, COMPILER, PROBE, Locked, normal
from ext.zipapp.merge import target
from ext.zipapp.start import MACHINES, PYTHONS

CHECKOUT = Path(__file__).resolve().parents[2]
TARGETS = tuple((python, machine) for python in (*PYTHONS, (3, 14)) for machine in MACHINES)
OURS = "dropsonde-telemetry"
# Published only as source; the locked build tools make its wheel.
SOURCES = ("pyhocon",)
# hatchling builds our wheel, as pyproject.toml says, setuptools those of SOURCES.
TOOLS = ("hatchling>=1.25", "setuptools>=70.1")
# Compiles the interpreter of ext/standalone; its wheels are for a glibc older than the others'.
COMPILERS = ("ziglang>=0.15",)
_HEAD = """\
# {about}
# Made by `python -m ext.lock.renew`, for Python {first} to {last} on {machines}.
--require-hashes
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        wheels = Path(work, "wheels")
        _pip("wheel", "--no-deps", "--use-pep517", "--wheel-dir", wheels, CHECKOUT, *SOURCES)
        ours = next(wheels.glob("dropsonde_telemetry-*.whl"))
        _write(BUILD, "What builds the wheels.", _lock(TOOLS, wheels))
        _write(COMPILER, "What compiles an interpreter.", _lock(COMPILERS, wheels))
        libraries = [each for each in _lock([str(ours)], wheels) if each.name != OURS]
    _write(PROBE, "The libraries that the packages carry.", libraries)


def _lock(wanted: Iterable[str], wheels: Path) -> Iterator[Locked]:
    chosen = _resolve([*wanted], wheels)
    pins = [f"{name}=={version}" for name, version in chosen.items() if name not in SOURCES]
    digests: dict[str, set[str]] = {name: set() for name in chosen}
    for python, machine in TARGETS:
        for wheel in _report(*target(python, machine), "--no-deps", "--find-links", wheels, *pins):
            digests[normal(wheel["metadata"]["name"])].add(_digest(wheel))
    for name in set(SOURCES) & set(chosen):
        pin = f"{name}=={chosen[name]}"
        for source in _report("--no-deps", "--use-pep517", "--no-binary", name, pin):
            digests[name].add(_digest(source))
    for name in sorted(chosen):
        yield Locked(name, chosen[name], tuple(sorted(digests[name])))


def _resolve(wanted: list[str], wheels: Path) -> dict[str, str]:
    """Choose the versions for the oldest Python, with what any other Python also needs.

    pip evaluates markers such as "only before Python 3.13" for its own Python, so this function
    evaluates them and asks pip for the missing names.
    """
    while True:
        report = _report(*target(*TARGETS[0]), "--find-links", wheels, *wanted)
        chosen = {normal(each["metadata"]["name"]): each["metadata"]["version"] for each in report}
        needed = {
            normal(requirement.name)
            for each in report
            for requirement in map(Requirement, each["metadata"].get("requires_dist", ()))
            for environment in _environments()
            if requirement.marker is None or requirement.marker.evaluate(environment)
        }
        if needed <= set(chosen):
            return chosen
        wanted += sorted(needed - set(chosen))


def _environments() -> Iterator[dict[str, str]]:
    for (major, minor), machine in TARGETS:
        version = f"{major}.{minor}"
        yield {
            "python_version": version,
            "python_full_version": f"{version}.0",
            "platform_machine": machine,
            "extra": "",
        }


def _report(*arguments: str | Path) -> list[dict[str, Any]]:
    """Report what pip would install, without installing it."""
    with tempfile.TemporaryDirectory() as work:
        file = Path(work, "report.json")
        words = ("--dry-run", "--ignore-installed", "--target", work, "--report", file)
        _pip("install", *words, *arguments)
        report: list[dict[str, Any]] = json.loads(file.read_text())["install"]
        return report


def _digest(installed: dict[str, Any]) -> str:
    digest: str = installed["download_info"]["archive_info"]["hashes"]["sha256"]
    return digest


def _pip(command: str, *arguments: str | Path) -> None:
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", command)
    subprocess.run([*pip, *arguments], check=True)


def _write(lock: Path, about: str, locked: Iterable[Locked]) -> None:
    first, last = ("{}.{}".format(*TARGETS[at][0]) for at in (0, -1))
    head = _HEAD.format(about=about, first=first, last=last, machines=" and ".join(MACHINES))
    lock.write_text(head + "".join(each.requirement for each in locked))


if __name__ == "__main__":
    main()
