"""What waits, what was sent, what was refused."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from dropsonde.delivery.outbox import Entry, Outbox, Place, Settled
from tests.unit.delivery.outbox.boxes import DAY, NOW, QUARANTINE, RECEIPT, SENT, sent, tree


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
