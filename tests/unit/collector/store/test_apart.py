"""Work in a process of its own: its result, its end, and the lock that it shares."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dropsonde.collector.store.apart import apart
from dropsonde.collector.store.directory import Directory, made
from dropsonde.common.errors import CollectorBusyError, StoreFullError, StoreUnavailableError
from tests.support.patience import PATIENCE
from tests.support.waiting import wait_for

SECRET = "a-name-in-a-report"


def work(kind: str) -> tuple[int, bool, str]:
    """What a process of its own does."""
    if kind == "full":
        raise StoreFullError("the disk is full", "free some space")
    if kind == "bug":
        raise ValueError(SECRET)
    if kind == "disk":
        raise OSError(errno.EIO, "Input/output error")
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "ended":
        os._exit(3)
    return os.getpid(), "duckdb" in sys.modules, kind


def note_and_wait(noted: Path) -> None:
    (noted.parent / "unfinished").write_text(str(os.getpid()))
    (noted.parent / "unfinished").rename(noted)
    time.sleep(PATIENCE)


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    return made(tmp_path / "data")


@pytest.fixture
def lock(directory: Directory) -> Iterator[int]:
    with directory.held() as handle:
        yield handle


def test_the_result_is_of_another_process_that_begins_with_nothing(lock: int) -> None:
    process, imported, kind = apart(lock, work, "x" * 1_000_000)
    assert process != os.getpid()
    assert not imported
    assert len(kind) == 1_000_000


def test_an_expected_error_is_raised_as_it_is(lock: int) -> None:
    with pytest.raises(StoreFullError, match=r"^the disk is full: free some space$"):
        apart(lock, work, "full")
    with pytest.raises(OSError, match="Input/output error"):
        apart(lock, work, "disk")


def test_another_error_is_raised_without_its_text(lock: int) -> None:
    with pytest.raises(RuntimeError, match=r"^ValueError$"):
        apart(lock, work, "bug")


@pytest.mark.parametrize(("kind", "how"), [("killed", "SIGKILL"), ("ended", "exit code 3")])
def test_a_process_that_ends_without_a_result(lock: int, kind: str, how: str) -> None:
    with pytest.raises(StoreUnavailableError, match=how):
        apart(lock, work, kind)


def test_a_process_that_cannot_be_started(lock: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    with pytest.raises(StoreUnavailableError, match="cannot begin: No such file"):
        apart(lock, work, "x")


def test_signals_for_the_whole_group_do_not_end_it_even_at_its_start(lock: int) -> None:
    over, sent = threading.Event(), set[int]()

    def send() -> None:
        tasks = Path("/proc/self/task")
        while not over.is_set():
            for each in tasks.glob("*/children"):
                with contextlib.suppress(OSError):  # either has ended
                    for child in map(int, each.read_text().split()):
                        os.kill(child, signal.SIGTERM)
                        os.kill(child, signal.SIGINT)
                        sent.add(child)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        process, _, _ = apart(lock, work, "x")
    finally:
        over.set()
        sending.join()
    assert process in sent


def test_work_that_is_to_stop_is_ended(lock: int, tmp_path: Path) -> None:
    noted, stop = tmp_path / "noted", threading.Event()

    def stop_it() -> None:
        wait_for(noted.exists)
        stop.set()

    stopping = threading.Thread(target=stop_it)
    stopping.start()
    with pytest.raises(StoreUnavailableError, match="SIGKILL"):
        apart(lock, note_and_wait, noted, stop=stop)
    stopping.join()
    assert not is_alive(int(noted.read_text()))


COLLECTOR = """
import sys
from pathlib import Path
from dropsonde.collector.store.apart import apart
from dropsonde.collector.store.directory import made
from tests.unit.collector.store.test_apart import note_and_wait

with made(Path(sys.argv[1])).held() as lock:
    apart(lock, note_and_wait, Path(sys.argv[2]))
"""


@pytest.fixture
def killed(directory: Directory, tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Kills a collector at work, after sending its process a signal; returns that process."""
    noted = tmp_path / "noted"
    command = [sys.executable, "-c", COLLECTOR, str(directory.root), str(noted)]
    with subprocess.Popen(command) as collector:

        def kill(*signals: int) -> int:
            wait_for(noted.exists)
            process = int(noted.read_text())
            for each in signals:
                os.kill(process, each)
            collector.kill()
            collector.wait()
            return process

        yield kill
        collector.kill()


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"  # dead, and not yet asked for


def is_free(directory: Directory) -> bool:
    try:
        with directory.held():
            return True
    except CollectorBusyError:
        return False


@pytest.mark.parametrize("signals", [(), (signal.SIGTERM, signal.SIGINT)])
def test_it_ends_with_its_collector(
    directory: Directory, killed: Callable[..., int], signals: tuple[int, ...]
) -> None:
    process = killed(*signals)
    wait_for(lambda: is_free(directory))
    wait_for(lambda: not is_alive(process))


def test_no_collector_begins_while_it_lives(
    directory: Directory, killed: Callable[..., int]
) -> None:
    process = killed(signal.SIGSTOP)  # it cannot notice that its collector is gone
    assert is_alive(process)
    assert not is_free(directory)
    os.kill(process, signal.SIGCONT)
    wait_for(lambda: is_free(directory))
    wait_for(lambda: not is_alive(process))
