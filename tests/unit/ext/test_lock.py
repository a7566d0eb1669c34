"""The packages are built from libraries that are known to the byte."""

from __future__ import annotations

import re
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ext.lock.locked import BUILD, COMPILER, PROBE, Locked, normal, read
from ext.lock.renew import COMPILERS, SOURCES, TOOLS
from ext.zipapp.start import MACHINES

ROOT = Path(__file__).resolve().parents[3]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCKS = [locked for lock in (PROBE, BUILD, COMPILER) for locked in read(lock).values()]


def core() -> list[Requirement]:
    """What pyproject.toml says the program needs, in itself."""
    (block,) = re.findall(r"^dependencies = \[\n(.*?)^\]", PROJECT, re.MULTILINE | re.DOTALL)
    return [Requirement(text) for text in re.findall(r'"(.*?)"', block)]


@pytest.mark.parametrize("needed", core(), ids=str)
def test_what_the_program_needs_is_locked(needed: Requirement) -> None:
    assert read(PROBE)[normal(needed.name)].version in needed.specifier


@pytest.mark.parametrize("name", sorted(set(read(PROBE)) - set(SOURCES)))
def test_what_a_library_needs_is_locked_too(name: str) -> None:
    """As the library says that is installed here, which may be of another version."""
    for text in requires(name) or ():
        needed = Requirement(text)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            assert normal(needed.name) in read(PROBE)


def test_what_builds_is_locked() -> None:
    (stated,) = re.findall(r'^requires = \["(.*)"\]', PROJECT, re.MULTILINE)
    assert stated in TOOLS
    for text in TOOLS:
        needed = Requirement(text)
        assert read(BUILD)[normal(needed.name)].version in needed.specifier


def test_what_compiles_is_locked() -> None:
    (needed,) = (Requirement(text) for text in COMPILERS)
    assert read(COMPILER)[needed.name].version in needed.specifier
    assert len(read(COMPILER)[needed.name].digests) == len(MACHINES)


@pytest.mark.parametrize("locked", LOCKS, ids=lambda each: each.name)
def test_each_has_digests(locked: Locked) -> None:
    assert locked.digests
    assert len(set(locked.digests)) == len(locked.digests)


@pytest.mark.parametrize("lock", [PROBE, BUILD, COMPILER], ids=lambda each: each.name)
def test_pip_is_told_to_take_nothing_else(lock: Path) -> None:
    text = lock.read_text()
    assert text.count("\n--require-hashes\n") == 1
    assert "://" not in text  # no index's name
    lines = text.replace("\\\n", " ").splitlines()
    pins = [line for line in lines if re.match("[a-z]", line)]
    for line, locked in zip(pins, read(lock).values(), strict=True):
        hashes = [f"--hash=sha256:{digest}" for digest in locked.digests]
        assert line.split() == [f"{locked.name}=={locked.version}", *hashes]
