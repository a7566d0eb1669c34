"""Worker processes that die, hang, or are left alone: one report is refused, and no other is."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from dropsonde.collector import starting
from dropsonde.collector.workers import pool as pool_module
from dropsonde.collector.workers import process as process_module
from dropsonde.collector.workers.process import Process
from tests.support.patience import PATIENCE
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, report, to_bytes
from tests.unit.collector.web.serving import JSON, QUICK, Program, Served, forge_list, served

CLIENTS = 4
BEFORE_THE_END = 40  # acknowledged reports, at least
ENDED = "a process that checks reports ended (SIGKILL): another one takes its place"


def children(process: int) -> set[int]:
    tasks = Path(f"/proc/{process}/task")
    found = {
        int(each) for one in tasks.iterdir() for each in (one / "children").read_text().split()
    }
    return {each for each in found if runs(each)}


def workers_of(collector: int) -> set[int]:
    """Its other processes read the known sites, or move weeks, and end."""
    found = children(collector)
    return {
        each for each in found if b"workers.child" in Path(f"/proc/{each}/cmdline").read_bytes()
    }


def runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Asked:
    """Collectors in this process, and when one of their processes is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._others = children(os.getpid())
        self._asked = threading.Semaphore(0)
        ask = Process.ask

        async def asked(process: Process, message: bytes, *, first: bool = False) -> bytes:
            self._asked.release()
            return await ask(process, message, first=first)

        monkeypatch.setattr(Process, "ask", asked)

    def workers(self) -> set[int]:
        return children(os.getpid()) - self._others

    def killed_on_a_report(self, collector: Served) -> tuple[int, httpx.Response]:
        """Kill the only worker while it has a report; give it, and the report's answer."""
        (worker,) = self.workers()
        os.kill(worker, signal.SIGSTOP)
        while self._asked.acquire(blocking=False):  # forget what was asked so far
            continue
        with ThreadPoolExecutor(1) as threads:
            answer = threads.submit(collector.post)
            assert self._asked.acquire(timeout=PATIENCE)
            os.kill(worker, signal.SIGKILL)
            return worker, answer.result()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def counted(collector: Served, name: str) -> float:
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", collector.metrics().text, re.MULTILINE)
    return float(found)


def test_a_report_that_kills_its_process_is_refused_and_the_next_is_taken(
    tmp_path: Path, asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as collector:
        worker, refused = asked.killed_on_a_report(collector)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "300")
        assert refused.json() == {"message": "the report cannot be checked at the moment"}
        assert collector.post().status_code == 200
        assert worker not in asked.workers()
        assert collector.rows() == [(1,)]
        assert counted(collector, "dropsonde_workers_replaced_total") == 1
        assert counted(collector, 'dropsonde_reports_refused_total{reason="unchecked"}') == 1
        assert collector.get("/healthz").status_code == 200
    assert caplog.messages == [ENDED]
    assert asked.workers() == set()


def test_whoever_sends_it_owes_for_a_new_process(tmp_path: Path, asked: Asked) -> None:
    limits = QUICK._replace(rate=1, burst=60)
    with served(tmp_path, limits) as collector:
        assert collector.post().status_code == 200
        _, refused = asked.killed_on_a_report(collector)
        assert refused.status_code == 503
        assert collector.post().status_code == 429


def test_a_process_that_does_not_answer_is_replaced(
    tmp_path: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as collector:
        (worker,) = asked.workers()
        os.kill(worker, signal.SIGSTOP)
        with monkeypatch.context() as hasty:
            hasty.setattr(process_module, "_SECONDS", 0.2)
            assert collector.post().status_code == 503
        assert collector.post().status_code == 200
        assert counted(collector, "dropsonde_workers_replaced_total") == 1


def test_an_idle_process_that_dies_costs_no_report(tmp_path: Path, asked: Asked) -> None:
    with served(tmp_path) as collector:
        (worker,) = asked.workers()
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: counted(collector, "dropsonde_workers_replaced_total") == 1)
        assert collector.post().status_code == 200


def test_while_no_process_starts_health_says_so_and_it_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pool_module, "_REST", 0.1)
    with monkeypatch.context() as broken:
        broken.setattr(starting, "_CODE", "pass")
        with served(tmp_path) as collector:
            health = collector.get("/healthz")
            assert (health.status_code, health.json()) == (503, {"message": "unchecked"})
            assert collector.post().status_code == 503
            broken.undo()
            wait_for(lambda: collector.get("/healthz").status_code == 200)
            assert collector.post().status_code == 200
    assert caplog.messages == [
        "no process that checks reports can be started: it ends at once",
        "processes that check reports can be started again",
    ]


def test_a_new_list_reaches_every_process(tmp_path: Path, asked: Asked) -> None:
    with served(tmp_path, workers=2) as collector:
        before = asked.workers()
        assert len(before) == 2
        forge_list(tmp_path, ["acme-x"])
        wait_for(lambda: len(asked.workers()) == 2 and not asked.workers() & before)
        for _ in range(4):
            assert collector.post().status_code == 200
            assert collector.rows("len(modules)") == [(0,)]
        assert counted(collector, "dropsonde_workers_replaced_total") == 0


def test_a_process_is_bounded_and_leaves_no_dump(tmp_path: Path, asked: Asked) -> None:
    with served(tmp_path):
        (worker,) = asked.workers()
        text = Path(f"/proc/{worker}/limits").read_text()
        files = [str(each.readlink()) for each in Path(f"/proc/{worker}/fd").iterdir()]
    assert re.search(r"Max core file size +0 +0 ", text)
    (most,) = re.findall(r"Max data size +(\d+) ", text)
    assert int(most) < 512 << 20
    assert sorted(each.partition(":")[0] for each in files) == ["/dev/null", "/dev/null", "socket"]


def test_when_the_collector_is_killed_its_processes_end(tmp_path: Path) -> None:
    with Program(tmp_path, "--workers", "2") as collector:
        workers = workers_of(collector.pid)
        assert len(workers) == 2
        collector.ended(signal.SIGKILL)
        wait_for(lambda: not any(map(runs, workers)))


def _sites(first: int) -> Iterator[bytes]:
    for number in range(first, 1_000_000, CLIENTS):
        document = report({**COLUMNS, "environment_count": number})
        yield to_bytes({**document, "site_id": f"{number:0128x}"})


def test_what_was_acknowledged_is_there_when_all_are_asked_to_end_under_load(
    tmp_path: Path,
) -> None:
    acknowledged: list[str] = []
    enough = threading.Semaphore(0)

    def post(url: str, first: int) -> None:
        with httpx.Client(base_url=url, headers=JSON) as client:
            for data in _sites(first):
                try:
                    answer = client.post("/", content=data)
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                acknowledged.append(answer.json()["receipt"]["message_id"])
                enough.release()

    options = ("--rate", "0", "--new-sites", "0", "--workers", "2")
    with Program(tmp_path, *options) as collector, ThreadPoolExecutor(CLIENTS) as threads:
        posting = [threads.submit(post, collector.url, first) for first in range(CLIENTS)]
        for _ in range(BEFORE_THE_END):
            assert enough.acquire(timeout=PATIENCE)
        for worker in workers_of(collector.pid):  # as systemd does
            os.kill(worker, signal.SIGTERM)
        assert collector.ended(signal.SIGTERM) == (0, "")
        for each in posting:
            each.result()
        stored = {str(found) for (found,) in collector.rows("CAST(message_id AS VARCHAR)")}
    assert len(acknowledged) >= BEFORE_THE_END
    assert set(acknowledged) <= stored
