from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program in a fresh home."""
    made = Program(tmp_path)
    yield made
    assert made.strangers() == set()  # a purge of the package removes all that it keeps


@pytest.fixture
def site(program: Program) -> Program:
    """A site of one public module."""
    program.list_public("puppetlabs-ntp")
    module = program.home / "code/environments/production/modules/ntp"
    module.mkdir()
    (module / "metadata.json").write_text('{"name": "puppetlabs-ntp", "version": "1.2.3"}')
    return program
