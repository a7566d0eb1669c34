"""Receipts and reports that somebody else wrote."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import FileError
from dropsonde.delivery.outbox import Outbox, Place, Receipt
from tests.unit.delivery.outbox.boxes import NOW, SENT, entry_of, sent

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
