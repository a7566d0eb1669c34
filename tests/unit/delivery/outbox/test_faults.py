"""Every system call of every method fails once: nothing is lost or doubled."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dropsonde.delivery.outbox import Outbox, Place
from tests.doubles.breaking import Breaking, Fault, Outcome
from tests.unit.delivery.outbox.boxes import (
    ADVICE,
    DAY,
    NOW,
    QUARANTINE,
    RECEIPT,
    SENT,
    entry_of,
    sent,
    tree,
)


@dataclass(frozen=True)
class Step:
    """A method in a state of the disk that has work for it."""

    method: str
    arguments: tuple[Any, ...]


DAMAGED = b"Damaged"
WAITS, DONE, REFUSED, FRESH = (b"waits" * 9, b"done" * 9, b"refused" * 9, b"fresh" * 9)
STEPS = {
    "the first report": Step("add", (FRESH, NOW)),
    "one more": Step("add", (FRESH, NOW)),
    "taken": Step("settle", (entry_of(WAITS), SENT, RECEIPT)),
    "refused": Step("settle", (entry_of(WAITS), QUARANTINE, RECEIPT)),
    "pruned": Step("prune", (NOW + 60 * DAY,)),
    "forgotten": Step("forget", ()),
    "forgotten after a kill": Step("forget", ()),
    "recovered": Step("recover", ()),
}


def prepare(root: Path, name: str) -> None:
    """The disk before a step."""
    if name == "the first report":
        return
    box = Outbox(root)
    sent(box, DONE, NOW)
    sent(box, REFUSED, NOW, QUARANTINE)
    box.add(WAITS, NOW)
    if name == "pruned":
        box.add(b"old", NOW - 90 * DAY)
        for week in range(1, 53):
            sent(box, DONE, NOW + week * DAY)
    if name in {"recovered", "forgotten after a kill"}:
        for place in Place:
            (root / place.value / f".{entry_of(FRESH).name}.abcdefgh").write_bytes(b"fr")
        entry = sent(box, FRESH, NOW)
        (root / "sent" / entry.name).replace(root / "outbox" / entry.name)
        (root / "outbox" / box.add(b"damaged", NOW).name).write_bytes(DAMAGED)


def clean(root: Path) -> dict[bytes, list[Place]]:
    """Where each report is after the next run's first act, which must leave no litter."""
    box = Outbox(root)
    box.recover()
    found: dict[bytes, list[Place]] = {}
    files = {}
    for place in Place:
        for entry in box.entries(place):
            data = (root / place.value / entry.name).read_bytes()
            found.setdefault(data, []).append(place)
            files[f"{place.value}/{entry.name}"] = data
            if place is not Place.OUTBOX and data != DAMAGED:
                receipt = root / place.value / entry.receipt_name
                files[str(receipt.relative_to(root))] = receipt.read_bytes()
                assert box.receipt(place, entry) == RECEIPT
    assert tree(root) == files
    return found


def run_on_a_copy(
    breaking: Breaking, root: Path, step: Step, fault: Fault, number: int
) -> tuple[Outcome, dict[bytes, list[Place]]]:
    """How a step ends on a copy of ``root``, and what the next run finds."""
    with tempfile.TemporaryDirectory(dir=root.parent) as directory:
        copy = Path(directory, "cache")
        if root.exists():
            shutil.copytree(root, copy)
        outcome = breaking.run(copy, step.method, *step.arguments, fault=fault, number=number)
        assert not outcome.error or (
            outcome.error.startswith(directory) and outcome.error.endswith(ADVICE)
        )
        return outcome, clean(copy)


@pytest.mark.parametrize("fault", [Fault.KILL, Fault.ERROR, Fault.DEAD_DISK])
@pytest.mark.parametrize("name", STEPS)
def test_a_fault_at_any_system_call(
    tmp_path: Path, breaking: Breaking, name: str, fault: Fault
) -> None:
    root, step = tmp_path / "cache", STEPS[name]
    prepare(root, name)
    whole, after = run_on_a_copy(breaking, root, step, Fault.NONE, 0)
    _, before = run_on_a_copy(breaking, root, Step("recover", ()), Fault.NONE, 0)
    assert whole.done
    unsaid = 0
    for number in range(len(whole.calls)):
        outcome, found = run_on_a_copy(breaking, root, step, fault, number)
        assert found.keys() <= before.keys() | after.keys()
        for data in before.keys() | after.keys():
            places, old, new = (each.get(data, []) for each in (found, before, after))
            if data == DONE:  # many of one content, of which some go
                assert len(new) <= len(places) <= len(old)
            else:
                assert places in (old, new)
        if outcome.done:
            assert found == after
            unsaid += 1
    # A look for what killed runs left may fail; and, after success, the removal of a temporary file
    # that is gone already.
    assert unsaid <= (0 if fault is Fault.KILL else 2)


@pytest.mark.parametrize("name", STEPS)
def test_everything_is_on_disk_in_its_order(tmp_path: Path, breaking: Breaking, name: str) -> None:
    """What is renamed was synced before; then its directory is, before the next rename begins."""
    root, step = tmp_path / "cache", STEPS[name]
    prepare(root, name)
    calls = breaking.run(root, step.method, *step.arguments).calls
    unsynced: set[str] = set()
    changes = 0
    for call, path, *target in calls:
        directory = str(Path(path).parent)
        if call == "os.chmod":  # a file being written
            unsynced.add(path)
        elif call == "fsync":
            unsynced.discard(path)
        elif call == "os.rename":
            assert unsynced == set()
            unsynced |= {directory, str(Path(target[0]).parent)}
            changes += 1
        elif call == "os.remove" and (root / path).name[0] != ".":
            unsynced.add(directory)
            changes += 1
        elif call == "os.mkdir":
            unsynced.add(directory)
    assert unsynced == set()
    assert changes > 0


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.FULL_DISK])
@pytest.mark.parametrize("name", ["the first report", "one more", "taken", "refused"])
@pytest.mark.parametrize("size", [0, 1, 35])
def test_a_write_that_ends_half_way(
    tmp_path: Path, breaking: Breaking, name: str, fault: Fault, size: int
) -> None:
    root, step = tmp_path / "cache", STEPS[name]
    prepare(root, name)
    _, before = run_on_a_copy(breaking, root, Step("recover", ()), Fault.NONE, 0)
    outcome, found = run_on_a_copy(breaking, root, step, fault, size)
    assert not outcome.done
    assert ("File too large" in outcome.error) == (fault is Fault.FULL_DISK)
    assert found == before


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.FULL_DISK])
@pytest.mark.parametrize("name", ["pruned", "forgotten", "recovered"])
def test_what_only_tidies_needs_no_space(
    tmp_path: Path, breaking: Breaking, name: str, fault: Fault
) -> None:
    prepare(tmp_path / "cache", name)
    assert run_on_a_copy(breaking, tmp_path / "cache", STEPS[name], fault, 0)[0].done


@pytest.fixture
def way(tmp_path: Path) -> Iterator[None]:
    """The whole way to tmp_path is open, as pytest's own directories are root's alone."""
    closed = [path for path in tmp_path.parents if not path.stat().st_mode & stat.S_IXOTH]
    for path in closed:
        path.chmod(0o711)
    yield
    for path in closed:
        path.chmod(0o700)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("mode", [0o555, 0o000])
@pytest.mark.parametrize("name", STEPS)
def test_a_directory_that_is_not_ours(
    tmp_path: Path, breaking: Breaking, name: str, mode: int
) -> None:
    tmp_path.chmod(0o711)
    root, step = tmp_path / "cache", STEPS[name]
    prepare(root, name)
    root.mkdir(exist_ok=True)
    before = tree(root)
    # What nobody but root could pass is opened, to show each directory's own mode.
    directories = [path for path in (*root.iterdir(), root) if path.is_dir()]
    for path in root.rglob("*.json*"):
        path.chmod(0o644)
    for path in directories:
        path.chmod(mode)
    outcome = breaking.run(root, step.method, *step.arguments, fault=Fault.NOT_OURS)
    for path in directories:
        path.chmod(0o755)
    assert outcome.error.startswith(str(root))
    assert "Permission denied" in outcome.error
    assert outcome.error.endswith(ADVICE)
    assert tree(root) == before
