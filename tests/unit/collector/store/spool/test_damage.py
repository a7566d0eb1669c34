"""Damage anywhere: the spool is set aside as it was, a line says so, and reports are taken."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.collector.store.making import contents, opened, row, set_aside_in
from tests.unit.collector.store.spool.damaging import (
    DAMAGES,
    EVERYTHING,
    IN_FILES,
    check_aside,
    others,
    spool_of,
)

if TYPE_CHECKING:
    from dropsonde.collector.store import Store
    from tests.unit.collector.store.spool.damaging import Damage

pytestmark = pytest.mark.slow

TURNS = 20


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["spool.sqlite", "spool.sqlite-wal"])
def test_at_a_start(
    tmp_path: Path,
    killed: Path,
    sound: Path,
    name: str,
    damage: Damage,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the spool of a collector that ended, or the log of one that was killed."""
    rng, aside = random.Random(f"{name} {damage.__name__}"), 0
    for turn in range(TURNS):
        root = tmp_path / str(turn)
        shutil.copytree(sound if name == "spool.sqlite" else killed, root)
        (root / name).write_bytes(damage(rng, (root / name).read_bytes()))
        before, elsewhere = spool_of(root), others(root)
        caplog.clear()
        with opened(root) as store:
            aside += was_set_aside(root, before, caplog.messages)
            goes_on(store, root)
        assert others(root) == elsewhere
        shutil.rmtree(root)
    assert aside > TURNS // 5


@pytest.mark.parametrize("damage", DAMAGES)
def test_while_it_runs(
    tmp_path: Path, sound: Path, damage: Damage, caplog: pytest.LogCaptureFixture
) -> None:
    """The log is empty: SQLite writes what is in it into the file when it lets go of both."""
    rng, aside = random.Random(damage.__name__), 0
    for turn in range(TURNS):
        root = tmp_path / str(turn)
        shutil.copytree(sound, root)
        elsewhere = others(root)
        with opened(root) as store:
            with (root / "spool.sqlite").open("r+b") as file:  # in place
                data = damage(rng, file.read())
                file.seek(0)
                file.write(data)
                file.truncate()
            caplog.clear()
            store.condition.renew()
            aside += was_set_aside(root, {"spool.sqlite": data}, caplog.messages)
            goes_on(store, root)
        assert others(root) == elsewhere
        shutil.rmtree(root)
    assert aside > TURNS // 5


def goes_on(store: Store, root: Path) -> None:
    """What is left is all there, and new reports are taken."""
    assert contents(store) == (IN_FILES if set_aside_in(root) else EVERYTHING)
    assert store.put(row(5000))
    assert store.condition.state() == "ok"


def was_set_aside(root: Path, before: dict[str, bytes], said: list[str]) -> bool:
    """Whether it was, as it should be; else the damage is where nothing is, and nothing is said."""
    if not set_aside_in(root):
        assert said == []
        return False
    check_aside(root, before, said)
    return True
