"""Which list a report is made with; several at once, and sudden ends."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dropsonde.site.forge import ForgeList
from tests.doubles.forge import Fault, LoopbackForge, names
from tests.support.patience import PATIENCE
from tests.unit.site.forge.lists import DAY, NOW, make, put


def test_current_refreshes_a_list_that_is_due(server: LoopbackForge, tmp_path: Path) -> None:
    make(tmp_path, server.url).refresh()
    assert make(tmp_path, server.url, NOW + 6 * DAY).current(update=True).updated == NOW
    due = make(tmp_path, server.url, NOW + 8 * DAY)
    assert due.current(update=False).updated == NOW
    assert due.current(update=True).updated == NOW + 8 * DAY
    assert len(server.requests) == 4


def test_current_uses_the_old_list_when_the_forge_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with LoopbackForge(names(3)) as server:
        first = make(tmp_path, server.url).refresh()
    assert make(tmp_path, server.url, NOW + 40 * DAY).current(update=True) == first.forge_list
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "40 days old" in record.message
    assert "refused" in record.message
    assert "\n" not in record.message


@pytest.mark.parametrize("update", [True, False])
def test_current_without_any_list_says_what_follows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, update: bool
) -> None:
    with LoopbackForge() as server:
        pass
    assert make(tmp_path, server.url).current(update=update) == ForgeList()
    (record,) = caplog.records
    assert "nothing is reported" in record.message


def test_reading_the_list_needs_no_requests(tmp_path: Path) -> None:
    put(tmp_path, timestamp=str(NOW), modules=["saz-memcached"])
    script = (
        "import sys, pathlib, datetime, dropsonde.site.forge as forge\n"
        "now = datetime.datetime(2024, 3, 16, tzinfo=datetime.timezone.utc)\n"
        "mine = forge.Forge(pathlib.Path(sys.argv[1]), lambda: None, lambda: now)\n"
        "print(len(mine.current(update=True).slugs), 'requests' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 False\n"


def test_two_at_once_fetch_once(server: LoopbackForge, tmp_path: Path) -> None:
    stall, asked = threading.Event(), threading.Event()
    server.faults[0] = Fault(before=asked.set, stall=stall)
    requests: list[int] = []

    def refresh() -> None:
        requests.append(make(tmp_path, server.url).refresh().requests)

    threads = [threading.Thread(target=refresh) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert asked.wait(PATIENCE)
    stall.set()
    for thread in threads:
        thread.join()
    assert sorted(requests) == [0, 3]
    assert len(server.requests) == 3


CHILD = """
import datetime, pathlib, sys
from dropsonde import http
from dropsonde.site.forge import Forge
now = datetime.datetime(2024, 5, 1, tzinfo=datetime.timezone.utc)
Forge(pathlib.Path(sys.argv[1]), http.session, lambda: now, sys.argv[2]).refresh()
"""


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_kill_while_the_forge_stalls_leaves_the_old_list(
    server: LoopbackForge, tmp_path: Path, page: int
) -> None:
    forge = make(tmp_path, server.url)
    forge.refresh()
    before = forge.path.read_bytes()
    asked = threading.Event()
    server.faults[3 + page] = Fault(before=asked.set, stall=threading.Event())
    with subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path), server.url]) as child:
        assert asked.wait(PATIENCE)
        child.kill()
    assert forge.path.read_bytes() == before
    # The lock went with the process.
    assert forge.refresh(force=True).requests == 1


# Kills itself at the n-th call to the operating system that has to do with writing the list.
DYING = """
import os, signal, sys
left = int(sys.argv[3])
def hook(event, args):
    global left
    if watching and event in ("open", "os.rename", "os.remove") and "forge.json" in str(args[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
watching = True
sys.addaudithook(hook)
"""


@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_kill_while_writing_leaves_a_whole_list(
    server: LoopbackForge, tmp_path: Path, call: int
) -> None:
    forge = make(tmp_path, server.url)
    forge.refresh()
    before = forge.path.read_bytes()
    server.publish("newcomer-module", NOW)
    script = DYING + CHILD
    child = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), server.url, str(call)], check=False
    )
    assert child.returncode == -signal.SIGKILL
    assert forge.path.read_bytes() == before
    assert "newcomer-module" in make(tmp_path, server.url, NOW + 8 * DAY).refresh().forge_list.slugs


def test_the_list_is_private_to_its_owner(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path / "cache", server.url)
    forge.refresh()
    assert forge.path.stat().st_mode & 0o777 == 0o600
    assert forge.directory.stat().st_mode & 0o777 == 0o700
