from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a fresh home."""
    return Program(tmp_path)


@pytest.fixture
def site(program: Program) -> Program:
    """A site of one public module."""
    program.list_public("puppetlabs-ntp")
    module = program.home / "code/environments/production/modules/ntp"
    module.mkdir()
    (module / "metadata.json").write_text('{"name": "puppetlabs-ntp", "version": "1.2.3"}')
    return program
