"""Each fault of the table in docs/faults.md is played again, and ends as it says."""

from __future__ import annotations

import pytest

from ext.collector_faults import DOCUMENT, FAULTS, played


@pytest.mark.parametrize("fault", FAULTS)
def test_the_table_says_what_happens(fault: str) -> None:
    row = f"| {' | '.join((fault, *played(FAULTS[fault])))} |"
    assert row in DOCUMENT.read_text(encoding="utf-8").splitlines()
