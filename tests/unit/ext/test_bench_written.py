"""What a benchmark measures stands in docs/performance.md, and nothing else there changes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from ext.benchmark.main import COMMANDS
from ext.benchmark.measure import BenchError
from ext.benchmark.written import DOCUMENT, writing

TEXT = """# Title

<!-- bench: one -->
old
<!-- end -->

Words.

<!-- bench: two -->
<!-- end -->
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "performance.md"
    path.write_text(TEXT)
    return path


def test_a_section_is_replaced_by_what_is_printed(document: Path) -> None:
    for _ in range(2):
        with writing("one", document):
            sys.stdout.write("| a | 1 |\n\nAnd \\1 words.\n")
    text = document.read_text()
    assert text == TEXT.replace("old\n", "| a | 1 |\n\nAnd \\1 words.\n")


def test_a_measurement_that_fails_changes_nothing(document: Path) -> None:
    def measure(section: str) -> None:
        with writing(section, document):
            sys.stdout.write("half of it")
            raise BenchError("a server failed")

    for section, message in (("two", "a server failed"), ("three", "no section for three")):
        with pytest.raises(BenchError, match=message):
            measure(section)
    assert document.read_text() == TEXT


def test_each_command_has_its_section() -> None:
    text = DOCUMENT.read_text("utf-8")
    found = re.findall(r"<!-- bench: (\w+) -->\n(.*?)<!-- end -->", text, re.DOTALL)
    assert {name for name, _ in found} == {*COMMANDS, "probe"}
    assert all("processors" in measured for _, measured in found)
