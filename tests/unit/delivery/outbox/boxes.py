"""Reports in an outbox, and what is left of them on disk."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dropsonde.delivery.outbox import Entry, Outbox, Place, Receipt, Settled

NOW = datetime(2023, 11, 23, 20, 47, 1, 999_999, tzinfo=timezone.utc)
DAY = timedelta(days=1)
RECEIPT = Receipt("2023-11-23T20:47:02+00:00", "https://updates.example", 200, '{"newer": false}')
SENT: Settled = Place.SENT
QUARANTINE: Settled = Place.QUARANTINE
ADVICE = (  # of files.py, and of the outbox
    "check its permissions and the free space, or choose another place",
    "check its permissions, the free space and the disk, then run it again",
)


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
