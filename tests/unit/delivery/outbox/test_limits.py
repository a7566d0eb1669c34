"""How long and how much is kept, and what a killed run leaves."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.delivery.outbox import Outbox, Place
from tests.unit.delivery.outbox.boxes import DAY, NOW, QUARANTINE, RECEIPT, sent, tree

if TYPE_CHECKING:
    import pytest


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
