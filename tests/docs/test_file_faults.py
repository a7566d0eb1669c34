"""docs/faults.md says what odd files do to the program; it is played again here."""

from __future__ import annotations

import pytest

from ext.file_faults import DOCUMENT, FAULTS, play


@pytest.mark.parametrize("fault", FAULTS)
def test_the_page_has_what_the_program_says(fault: str) -> None:
    row = f"| {' | '.join(play(fault))} |\n"
    assert row in DOCUMENT.read_text(encoding="utf-8")
