"""A data directory with made-up reports, and the vocabulary of their modules."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dropsonde.collector.store import Store
from dropsonde.common.clock import utc_now
from dropsonde.demo.rows import published, rows
from tests.support.vocabularies import file_of
from tests.unit.collector.intake.reports import NEWEST


def filled(path: Path, sites: int, times: Sequence[datetime]) -> Path:
    """Make the directory: every site reports at each of the times."""
    with Store.open(path, NEWEST, utc_now) as store:
        for when in times:
            for row in rows(NEWEST, random.Random(3), sites, when):
                store.submit(row)
    (path / "vocabulary.txt").write_bytes(file_of(published()))
    return path
