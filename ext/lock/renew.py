"""Renew the locks, from the index that pip is set up for: ``python -m ext.lock.renew``.

Every library gets its newest version that the oldest Python takes; the digests are those of the
wheels that pip chooses for each Python and machine. Read the difference before it is committed.
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

from ext.lock.locked import BUILD, PROBE, Locked, normal
from ext.zipapp.merge import target
from ext.zipapp.start import MACHINES, PYTHONS

CHECKOUT = Path(__file__).resolve().parents[2]
TARGETS = tuple((python, machine) for python in (*PYTHONS, (3, 14)) for machine in MACHINES)
# Published as source alone; the build's own tools make its wheel.
SOURCES = ("pyhocon",)
# Ours is built by hatchling, as pyproject.toml says, and those by setuptools.
TOOLS = ("hatchling>=1.25", "setuptools>=70.1")
_HEAD = """\
# {about}
# Made by `python -m ext.lock.renew`, for Python {first} to {last} on {machines}.
--require-hashes
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        wheels = Path(work, "wheels")
        _pip("wheel", "--no-deps", "--use-pep517", "--wheel-dir", wheels, CHECKOUT, *SOURCES)
        ours = next(wheels.glob("dropsonde-*.whl"))
        _write(BUILD, "What builds the wheels.", _lock(TOOLS, wheels))
        libraries = [each for each in _lock([str(ours)], wheels) if each.name != "dropsonde"]
    _write(PROBE, "The libraries that the packages carry.", libraries)


def _lock(wanted: Iterable[str], wheels: Path) -> Iterator[Locked]:
    chosen = _resolve([*wanted], wheels)
    pins = [f"{name}=={version}" for name, version in chosen.items() if name not in SOURCES]
    digests: dict[str, set[str]] = {name: set() for name in chosen}
    for python, machine in TARGETS:
        for each in _report(*target(python, machine), "--no-deps", "--find-links", wheels, *pins):
            digests[normal(each["metadata"]["name"])].add(_digest(each))
    for name in set(SOURCES) & set(chosen):
        pin = f"{name}=={chosen[name]}"
        for each in _report("--no-deps", "--use-pep517", "--no-binary", name, pin):
            digests[name].add(_digest(each))
    for name in sorted(chosen):
        yield Locked(name, chosen[name], tuple(sorted(digests[name])))


def _resolve(wanted: list[str], wheels: Path) -> dict[str, str]:
    """The versions that the oldest Python takes, with what any of the others needs besides.

    pip thinks of its own Python when it reads "only before Python 3.13": those names are asked for.
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
    """What pip would install, without doing it."""
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
