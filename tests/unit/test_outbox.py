"""What waits, what was sent, what was refused: nothing is lost or doubled, whatever breaks."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dropsonde.errors import FileError
from dropsonde.outbox import Entry, Outbox, Place, Receipt, Settled
from tests.doubles.breaking import Breaking, Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2023, 11, 23, 20, 47, 1, 999_999, tzinfo=timezone.utc)
DAY = timedelta(days=1)
RECEIPT = Receipt("2023-11-23T20:47:02+00:00", "https://updates.example", 200, '{"newer": false}')
SENT: Settled = Place.SENT
QUARANTINE: Settled = Place.QUARANTINE
ADVICE = (  # of files.py, and of the outbox
    "check its permissions and the free space, or choose another place",
    "check its permissions, the free space and the disk, then run it again",
)


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path)


@pytest.fixture(scope="module")
def breaking() -> Iterator[Breaking]:
    with contextlib.closing(Breaking()) as made:
        yield made


def tree(root: Path) -> dict[str, bytes]:
    """All files, and what is in them."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def sent(box: Outbox, data: bytes, when: datetime, place: Settled = SENT) -> Entry:
    entry = box.add(data, when)
    box.settle(entry, place, RECEIPT)
    return entry


def entry_of(data: bytes, made: datetime = NOW) -> Entry:
    digest = hashlib.sha256(data).hexdigest()[:16]
    return Entry(made.replace(microsecond=0), digest, len(data))


# What it does


def test_a_report_waits_as_exactly_its_bytes(tmp_path: Path, box: Outbox) -> None:
    data = b'{"product": "\xc3\x9c"}\n\x00'
    entry = box.add(data, NOW)
    digest = hashlib.sha256(data).hexdigest()[:16]
    assert entry == Entry(NOW.replace(microsecond=0), digest, len(data))
    assert tree(tmp_path) == {f"outbox/20231123T204701Z-{digest}.json": data}
    assert box.entries(Place.OUTBOX) == [entry]
    assert box.read(Place.OUTBOX, entry) == data
    assert box.receipt(Place.OUTBOX, entry) is None


def test_times_are_utc(box: Outbox) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert box.add(b"report", there) == box.add(b"report", NOW)


@pytest.mark.parametrize("place", [SENT, QUARANTINE])
def test_a_settled_report_has_moved_and_has_its_receipt(
    tmp_path: Path, box: Outbox, place: Settled
) -> None:
    entry = sent(box, b"report", NOW, place)
    name = f"{place.value}/{entry.name}"
    receipt = name.replace(".json", ".receipt.json")
    assert tree(tmp_path).keys() == {name, receipt}
    assert box.entries(Place.OUTBOX) == []
    assert box.entries(place) == [entry]
    assert box.read(place, entry) == b"report"
    assert box.receipt(place, entry) == RECEIPT


def test_nothing_is_there_and_nothing_is_made_by_looking(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "cache")
    assert [box.entries(place) for place in Place] == [[], [], []]
    box.recover()
    box.prune(NOW)
    box.forget()
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_comes_first(box: Outbox) -> None:
    hours = (5, 1, 4, 2, 3)
    made = {hour: box.add(b"%d" % hour, NOW + timedelta(hours=hour)) for hour in hours}
    assert box.entries(Place.OUTBOX) == [made[hour] for hour in sorted(hours)]


def test_two_reports_of_one_second_are_two(box: Outbox) -> None:
    assert box.add(b"one", NOW) != box.add(b"two", NOW)
    assert len(box.entries(Place.OUTBOX)) == 2


@pytest.mark.parametrize("place", [SENT, QUARANTINE])
def test_the_same_report_is_one_wherever_it_is(box: Outbox, place: Settled) -> None:
    entry = box.add(b"report", NOW)
    assert box.add(b"report", NOW) == entry
    assert box.entries(Place.OUTBOX) == [entry]
    box.settle(entry, place, RECEIPT)
    assert box.add(b"report", NOW) == entry
    assert box.entries(Place.OUTBOX) == []
    assert box.add(b"report", NOW + DAY) != entry


def test_files_and_directories_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        root = tmp_path / "var" / "cache"
        box = Outbox(root)
        sent(box, b"sent", NOW)
        sent(box, b"refused", NOW, QUARANTINE)
        box.add(b"waits", NOW)
    finally:
        os.umask(before)
    paths = [root, *root.rglob("*")]
    assert len(paths) == 1 + 3 + 5
    for path in paths:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_what_root_writes_belongs_to_the_directorys_owner(tmp_path: Path) -> None:
    """For anybody but root that is so by itself."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, 65534)
    sent(Outbox(tmp_path / "cache"), b"report", NOW)
    owner = (tmp_path.stat().st_uid, tmp_path.stat().st_gid)
    for path in tmp_path.rglob("*"):
        assert (path.stat().st_uid, path.stat().st_gid) == owner


NOT_OURS = [
    "README",
    "20231123T204701Z-0123456789abcde.json",
    "20231123T204701Z-0123456789ABCDEF.json",
    "20231123T204701Z-0123456789abcdef.json~",
    "20231123T204701Z-0123456789abcdef.json\n",
    "20230230T204701Z-0123456789abcdef.json",
    "20231123T204760Z-0123456789abcdef.json",
    "09991123T204701Z-0123456789abcdef.json",
    "\u0662\u0660231123T204701Z-0123456789abcdef.json",
    ".20231123T204701Z-0123456789abcdef.json",
    ".forge.json.abcdefgh",
]


@pytest.mark.parametrize("name", NOT_OURS)
def test_files_of_other_names_are_neither_reports_nor_removed(
    tmp_path: Path, box: Outbox, name: str
) -> None:
    for place in Place:
        (tmp_path / place.value).mkdir()
        (tmp_path / place.value / name).write_bytes(b"odd")
    before = tree(tmp_path)
    box.recover()
    box.prune(NOW + 1000 * DAY)
    assert [box.entries(place) for place in Place] == [[], [], []]
    assert tree(tmp_path) == before


def test_what_is_no_regular_file_is_not_ours(tmp_path: Path, box: Outbox) -> None:
    """A link could lead root to somebody else's secret, a FIFO would wait for ever."""
    entry = Entry(NOW, "0123456789abcdef", 6)
    for place in Place:
        directory = tmp_path / place.value
        directory.mkdir()
        (tmp_path / "secret").write_bytes(b"secret")
        (directory / entry.name).symlink_to(tmp_path / "secret")
        (directory / entry.receipt_name).mkdir()
        os.mkfifo(directory / replace(entry, digest="f" * 16).name)
    box.recover()
    box.forget()
    assert [box.entries(place) for place in Place] == [[], [], []]
    assert len(list(tmp_path.rglob("*"))) == 1 + 3 * 4


# Receipts and reports that somebody else wrote

VALID = {"time": "t", "endpoint": "e", "status": 200, "answer": "a"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 10_000,
        *(json.dumps({**VALID, name: None}).encode() for name in VALID),
        json.dumps({**VALID, "status": 200.5}).encode(),
        json.dumps({**VALID, "answer": "x" * (4 << 20)}).encode(),
        json.dumps({name: VALID[name] for name in ("time", "endpoint")}).encode(),
    ],
    ids=range(14),
)
def test_an_odd_receipt_is_none(tmp_path: Path, box: Outbox, data: bytes) -> None:
    entry = sent(box, b"report", NOW)
    (tmp_path / "sent" / entry.receipt_name).write_bytes(data)
    assert box.receipt(Place.SENT, entry) is None
    box.recover()
    assert box.read(Place.SENT, entry) == b"report"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*VALID, "more"]), inner),
)


@given(data=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_receipt_raises(tmp_path: Path, data: bytes) -> None:
    box, entry = Outbox(tmp_path), entry_of(b"report")
    (tmp_path / "sent").mkdir(exist_ok=True)
    (tmp_path / "sent" / entry.receipt_name).write_bytes(data)
    found = box.receipt(Place.SENT, entry)
    assert found is None or json.loads(data).items() >= vars(found).items()


@given(receipt=st.builds(Receipt, st.text(), st.text(), st.integers(0, 999), st.text()))
def test_receipts_come_back(receipt: Receipt) -> None:
    with tempfile.TemporaryDirectory() as directory:
        box = Outbox(Path(directory))
        entry = box.add(b"report", NOW)
        box.settle(entry, SENT, receipt)
        assert box.receipt(Place.SENT, entry) == receipt


def test_a_report_that_was_changed_is_not_read(tmp_path: Path, box: Outbox) -> None:
    entry = sent(box, b"report", NOW)
    path = tmp_path / "sent" / entry.name
    path.write_bytes(b"Report")
    with pytest.raises(FileError) as raised:
        box.read(Place.SENT, entry)
    assert str(raised.value) == f"{path}: it was changed: look at it, and move it elsewhere"
    path.unlink()
    with pytest.raises(FileError, match="No such file"):
        box.read(Place.SENT, entry)


def test_a_waiting_report_that_was_changed_is_set_aside(
    tmp_path: Path, box: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    changed, other = box.add(b"report", NOW), box.add(b"other", NOW)
    path = tmp_path / "outbox" / changed.name
    path.write_bytes(b"")
    box.recover()
    assert box.entries(Place.OUTBOX) == [other]
    assert box.entries(Place.QUARANTINE) == [replace(changed, size=0)]
    assert box.receipt(Place.QUARANTINE, changed) is None
    assert caplog.messages == [f"{path} is damaged and is not sent: look at it in quarantine"]


# What is kept


def test_what_waits_longer_than_three_weeks_is_dropped(
    box: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    second = timedelta(seconds=1)
    box.add(b"too old", NOW - 21 * DAY - second)
    kept = [box.add(b"just not", NOW - 21 * DAY), box.add(b"new", NOW)]
    box.prune(NOW.replace(microsecond=0))
    assert box.entries(Place.OUTBOX) == kept
    said = "1 undelivered report(s) older than 21 days or beyond 5 MB were dropped: "
    assert caplog.messages == [f"{said}check the endpoint and the way to it"]
    caplog.clear()
    box.prune(NOW + 100 * DAY)
    assert box.entries(Place.OUTBOX) == kept[1:]
    box.prune(NOW + 200 * DAY)
    assert box.entries(Place.OUTBOX) == kept[1:]
    assert len(caplog.messages) == 1


def test_what_waits_beyond_5_mb_is_dropped(box: Outbox) -> None:
    made = [box.add(b"x" * 2_500_000, NOW + hour * DAY / 24) for hour in range(3)]
    box.prune(NOW + DAY)
    assert box.entries(Place.OUTBOX) == made[1:]
    made.append(box.add(b"", NOW + DAY))
    box.prune(NOW + DAY)
    assert box.entries(Place.OUTBOX) == made[1:]
    made.append(box.add(b"x", NOW + DAY * 2))
    box.prune(NOW + DAY)
    assert box.entries(Place.OUTBOX) == made[2:]
    large = box.add(b"x" * 5_000_001, NOW + 3 * DAY)
    box.prune(NOW + 3 * DAY)
    assert box.entries(Place.OUTBOX) == [large]


def test_the_last_52_that_were_sent_are_kept(tmp_path: Path, box: Outbox) -> None:
    made = [sent(box, b"report", NOW + week * 7 * DAY) for week in range(54)]
    box.prune(NOW + 1000 * DAY)
    assert box.entries(Place.SENT) == made[2:]
    assert len(tree(tmp_path)) == 2 * 52


def test_20_mb_of_what_was_sent_are_kept(box: Outbox) -> None:
    made = [sent(box, b"x" * 10_000_000, NOW + week * 7 * DAY) for week in range(3)]
    box.prune(NOW)
    assert box.entries(Place.SENT) == made[1:]
    large = sent(box, b"x" * 20_000_001, NOW + 100 * DAY)
    box.prune(NOW)
    assert box.entries(Place.SENT) == [large]


def test_quarantine_is_kept(box: Outbox) -> None:
    made = [sent(box, b"report", NOW + week * 7 * DAY, QUARANTINE) for week in range(54)]
    box.prune(NOW + 1000 * DAY)
    box.forget()
    assert box.entries(Place.QUARANTINE) == made


def test_forgetting_leaves_nothing_that_waits_or_was_sent(tmp_path: Path, box: Outbox) -> None:
    entry = box.add(b"waits", NOW)
    sent(box, b"sent", NOW)
    (tmp_path / "sent" / entry.receipt_name).touch()  # a kill before the rename
    (tmp_path / "outbox" / f".{entry.name}.abcdefgh").write_bytes(b"wai")
    (tmp_path / "seed").touch()
    box.forget()
    assert tree(tmp_path) == {"seed": b""}


# What a killed run leaves


def test_a_receipt_of_a_waiting_report_means_that_it_has_gone(tmp_path: Path, box: Outbox) -> None:
    entry = sent(box, b"report", NOW)
    (tmp_path / "sent" / entry.name).replace(tmp_path / "outbox" / entry.name)
    box.recover()
    assert box.entries(Place.OUTBOX) == []
    assert box.read(Place.SENT, entry) == b"report"
    assert box.receipt(Place.SENT, entry) == RECEIPT


def test_leftovers_are_tidied(tmp_path: Path, box: Outbox) -> None:
    entry = sent(box, b"report", NOW)
    before = tree(tmp_path)
    other = replace(entry, digest="f" * 16)
    shutil.copy(tmp_path / "sent" / entry.name, tmp_path / "outbox" / entry.name)
    (tmp_path / "quarantine").mkdir()
    for place in Place:
        (tmp_path / place.value / f".{other.name}.abc_4567").write_bytes(b"ha")
        (tmp_path / place.value / f".{other.receipt_name}.abc_4567").touch()
    (tmp_path / "sent" / other.receipt_name).write_bytes(b"{}")
    (tmp_path / "quarantine" / entry.receipt_name).write_bytes(b"{}")
    box.recover()
    assert tree(tmp_path) == before


# Every system call of every method fails once


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


# Whole lives


@dataclass
class Known:
    """What the test knows of a report."""

    entry: Entry
    data: bytes
    place: Place | None
    receipt: Receipt | None = None


FAULTS = st.one_of(
    st.just((Fault.NONE, 0)),
    st.tuples(st.sampled_from([Fault.KILL, Fault.ERROR, Fault.DEAD_DISK]), st.integers(0, 25)),
    st.tuples(st.sampled_from([Fault.CUT, Fault.FULL_DISK]), st.integers(0, 100)),
)


class Life(RuleBasedStateMachine):
    """Steps, each of which may break; the next run recovers, and that may break, too.

    Attributes:
        breaking: runs the steps.
        known: every report that ever was, by the name of its file.
    """

    breaking: Breaking

    def __init__(self) -> None:
        super().__init__()
        self._directory = tempfile.TemporaryDirectory()
        self.root = Path(self._directory.name).resolve() / "cache"
        self.now = NOW
        self.known: dict[str, Known] = {}

    def teardown(self) -> None:
        self._directory.cleanup()

    def those_in(self, place: Place) -> list[Known]:
        found = [known for known in self.known.values() if known.place is place]
        return sorted(found, key=lambda known: known.entry)

    def step(
        self,
        fault: tuple[Fault, int],
        changes: dict[str, Place | None],
        method: str,
        *arguments: object,
    ) -> None:
        """Take a step, and see that it did all of it or, when it broke, each part or not."""
        kind, number = fault
        outcome = self.breaking.run(self.root, method, *arguments, fault=kind, number=number)
        assert outcome.done or kind is not Fault.NONE
        assert not outcome.error or outcome.error.endswith(ADVICE)
        if not outcome.done:
            self.breaking.run(self.root, "recover", fault=kind, number=number // 2)
        Outbox(self.root).recover()
        for name, place in changes.items():
            known = self.known[name]
            found = self.find(name)
            assert found == ([place] if place else []) or (
                not outcome.done and found == ([known.place] if known.place else [])
            )
            known.place = found[0] if found else None

    def find(self, name: str) -> list[Place]:
        return [place for place in Place if (self.root / place.value / name).exists()]

    @rule(fault=FAULTS, data=st.sampled_from([b"", b"one", b"two" * 30, b"x" * 2_600_000]))
    def add(self, fault: tuple[Fault, int], data: bytes) -> None:
        entry = entry_of(data, self.now)
        known = self.known.setdefault(entry.name, Known(entry, data, None))
        place = known.place or Place.OUTBOX
        self.step(fault, {entry.name: place}, "add", data, self.now)

    @precondition(lambda self: self.those_in(Place.OUTBOX))
    @rule(fault=FAULTS, place=st.sampled_from([SENT, QUARANTINE]), status=st.integers(200, 499))
    def settle(self, fault: tuple[Fault, int], place: Settled, status: int) -> None:
        known = self.those_in(Place.OUTBOX)[0]
        known.receipt = replace(RECEIPT, status=status)
        self.step(fault, {known.entry.name: place}, "settle", known.entry, place, known.receipt)

    @rule(fault=FAULTS)
    def prune(self, fault: tuple[Fault, int]) -> None:
        dropped: dict[str, Place | None] = {}
        waiting, total = self.those_in(Place.OUTBOX), 0
        for later, known in enumerate(reversed(waiting)):
            total += known.entry.size
            if later and (total > 5_000_000 or self.now - known.entry.made > 21 * DAY):
                dropped[known.entry.name] = None
        self.step(fault, dropped, "prune", self.now)

    @rule(fault=FAULTS)
    def forget(self, fault: tuple[Fault, int]) -> None:
        known = (*self.those_in(Place.OUTBOX), *self.those_in(Place.SENT))
        self.step(fault, {each.entry.name: None for each in known}, "forget")

    @rule(days=st.sampled_from([0.1, 1, 7, 22]))
    def time_passes(self, days: float) -> None:
        self.now += days * DAY

    @invariant()
    def each_report_is_in_one_place_with_its_bytes_and_receipt(self) -> None:
        box = Outbox(self.root)
        files: dict[str, bytes] = {}
        for place in Place:
            those = self.those_in(place)
            assert box.entries(place) == [known.entry for known in those]
            for known in those:
                files[f"{place.value}/{known.entry.name}"] = known.data
                if place is not Place.OUTBOX:
                    assert box.receipt(place, known.entry) == known.receipt
                    receipt = f"{place.value}/{known.entry.receipt_name}"
                    files[receipt] = (self.root / receipt).read_bytes()
        assert tree(self.root) == files


def test_nothing_is_lost_or_doubled_in_a_life_of_faults(breaking: Breaking) -> None:
    bound = type("BoundLife", (Life,), {"breaking": breaking})
    run_state_machine_as_test(bound, settings=settings(max_examples=30, stateful_step_count=25))
