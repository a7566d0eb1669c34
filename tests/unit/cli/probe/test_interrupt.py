"""Ctrl-C: one line, its code, nothing half written."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

from dropsonde.common.errors import InterruptedRunError, TerminatedRunError
from tests.doubles.puppetdb import LoopbackPuppetDB, Reply
from tests.support.patience import PATIENCE
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.support.program import Program


def interrupted(process: subprocess.Popen[str]) -> str:
    """Press Ctrl-C, and give what was on stdout."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == InterruptedRunError.exit_code
    assert err == "dropsonde: interrupted\n"
    return out


def test_a_file_of_examples(program: Program) -> None:
    place = program.home / "rows"
    place.mkdir()
    old = place / "rows.jsonl"
    old.write_text("old")
    process = program.start("dev", "example", "--size", "10000000", "--filename", str(old))
    wait_for(lambda: any(file != old and file.stat().st_size for file in place.iterdir()))
    assert interrupted(process) == ""
    assert [file.name for file in place.iterdir()] == ["rows.jsonl"]
    assert old.read_text() == "old"


def test_a_stalled_puppetdb(program: Program) -> None:
    program.list_public("puppetlabs-stdlib")
    with LoopbackPuppetDB(Reply(stall=True)) as puppetdb:
        process = program.start("preview", "--no-update", "--puppetdb", puppetdb.url)
        wait_for(lambda: puppetdb.queries)
        assert interrupted(process) == ""
    assert {file.name for file in program.cache.iterdir()} <= {"forge.json", "seed", "seed.lock"}


def test_sigterm_takes_the_half_written_file_away(program: Program) -> None:
    place = program.home / "rows"
    place.mkdir()
    rows = place / "rows.jsonl"
    process = program.start("dev", "example", "--size", "10000000", "--filename", str(rows))
    wait_for(lambda: any(file.stat().st_size for file in place.iterdir()))
    process.terminate()
    assert process.communicate(timeout=PATIENCE) == ("", "")
    assert process.returncode == TerminatedRunError.exit_code
    assert list(place.iterdir()) == []
