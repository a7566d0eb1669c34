"""The real probe and the real collector, each in a process of its own."""

from __future__ import annotations

import json
import signal
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.intake import MAX_BYTES
from tests.support.patience import PATIENCE
from tests.support.program import Program as Probe
from tests.support.submitting import QUICK, files, next_second
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, report, to_bytes
from tests.unit.collector.web.serving import JSON, REPORT, Program, forge_list

ROUNDS, CLIENTS = 20, 8
BEFORE_THE_KILL = 25  # acknowledged reports, at least


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    """A site of one public module."""
    site = Probe(tmp_path / "site")
    site.list_public("puppetlabs-ntp")
    module = site.home / "code/environments/production/modules/ntp"
    module.mkdir()
    (module / "metadata.json").write_text('{"name": "puppetlabs-ntp", "version": "1.2.3"}')
    return site


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Program]:
    with Program(tmp_path) as program:
        yield program
        code, said = program.ended(signal.SIGTERM)
    assert (code, said) == (0, "")


def test_what_a_site_submits_is_a_row_until_it_is_forgotten(
    probe: Probe, collector: Program
) -> None:
    to = ("--endpoint", collector.url)
    sent = probe.run("submit", *to, *QUICK)
    assert (sent.code, sent.err) == (0, "")
    (data, receipt) = files(probe, "sent")
    snapshots = json.loads(data.read_bytes())["self-service-analytics"]["snapshots"]
    assert len(snapshots) > 1
    rows = collector.rows(f"site_id, message_id, ip, {', '.join(snapshots)}")
    ((site_id, message_id, ip, *values),) = rows
    assert isinstance(site_id, bytes)
    assert json.loads(data.read_bytes())["site_id"] == site_id.hex()
    assert ip is None
    assert values == [snapshot["value"] for snapshot in snapshots.values()]
    answer = json.loads(json.loads(receipt.read_text())["answer"])
    assert answer["message"] == "Thank you."
    assert (answer["receipt"]["message_id"], answer["receipt"]["dataset"]) == (
        str(message_id),
        collector.url,
    )

    next_second()  # a report of its own, of the same week
    assert probe.run("submit", *to, *QUICK).code == 0
    ((again, another),) = collector.rows("site_id, message_id")
    assert (again, another != message_id) == (site_id, True)

    assert probe.run("forget", *to, "--no-update").code == 0
    assert collector.rows("count(*)") == [(0,)]


def test_a_site_is_told_who_runs_the_collector(probe: Probe, tmp_path: Path) -> None:
    named = ("--operator", "Vox Pupuli e.V. \u2013 \u00dc", "--contact", "mail@vox.example")
    with Program(tmp_path, *named, "--retain", "90") as collector:
        sent = probe.run("submit", "--endpoint", collector.url, *QUICK)
    first, *_ = sent.out.splitlines()
    assert first == (
        f"{collector.url} is run by Vox Pupuli e.V. \u2013 \u00dc; contact: mail@vox.example; "
        "drops a week 90 days after its end"
    )


def test_a_receipt_is_checked_with_the_key_that_the_collector_prints(
    probe: Probe, collector: Program
) -> None:
    to = ("--endpoint", collector.url)
    assert probe.run("submit", *to, *QUICK).code == 0
    printed = collector.command("key")
    key = probe.home / "key.pem"
    key.write_text(printed)
    assert printed == httpx.get(f"{collector.url}/v1/key").text
    assert probe.run("verify", "--key", str(key)).code == 0


def test_nothing_is_said_of_who_asks_for_what(tmp_path: Path) -> None:
    with Program(tmp_path, "--verbose") as collector:
        httpx.post(collector.url, content=to_bytes(report(COLUMNS)), headers=JSON)
        httpx.post(collector.url, content=b"{", headers=JSON)
        httpx.delete(f"{collector.url}/v1/sites/{'a' * 128}")
        httpx.get(f"{collector.url}/v1/sites/{'a' * 128}")
        with collector.connect() as connection:
            connection.sendall(b"\0\0\0\0\r\n\r\n")
            connection.recv(1000)
        assert collector.ended(signal.SIGINT) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_under_way_is_completed_when_it_is_asked_to_end(
    tmp_path: Path, number: int
) -> None:
    data = to_bytes(report(COLUMNS))
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    with Program(tmp_path) as collector:
        with collector.connect() as connection:
            connection.sendall(head % len(data) + b"Expect: 100-continue\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")  # it reads our body
            collector.signal(number)
            while collector.listens():
                continue
            connection.sendall(data)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert collector.ended(0) == (0, "")
        assert collector.rows("count(*)") == [(1,)]


@pytest.mark.slow
def test_whatever_was_acknowledged_is_there_after_twenty_kills_under_load(tmp_path: Path) -> None:
    acknowledged: dict[int, str] = {}
    for turn in range(ROUNDS):
        workers = str(1 + turn % 2)
        with Program(
            tmp_path, "--rate", "0", "--new-sites", "0", "--workers", workers
        ) as collector:
            _check(collector, acknowledged)
            enough = threading.Semaphore(0)
            threads = [
                threading.Thread(target=_post, args=(collector.url, number, acknowledged, enough))
                for number in range(1000 * CLIENTS * turn, 1000 * CLIENTS * turn + CLIENTS)
            ]
            for thread in threads:
                thread.start()
            for _ in range(BEFORE_THE_KILL + turn):
                assert enough.acquire(timeout=PATIENCE)
            assert collector.ended(signal.SIGKILL)[0] == -signal.SIGKILL
            for thread in threads:
                thread.join()
    with Program(tmp_path) as collector:
        _check(collector, acknowledged)
        assert collector.ended(signal.SIGTERM) == (0, "")
    assert len(acknowledged) >= ROUNDS * BEFORE_THE_KILL


def _check(collector: Program, acknowledged: dict[int, str]) -> None:
    """What was acknowledged is there, once; and what is there is whole, acknowledged or not."""
    rows = collector.rows("environment_count, CAST(message_id AS VARCHAR), classes")
    found = {}
    for number, message_id, classes in rows:
        assert isinstance(number, int)
        assert classes == _classes(number)
        found[number] = message_id
    assert len(found) == len(rows)
    assert acknowledged.items() <= found.items()


def _classes(number: int) -> list[dict[str, object]]:
    """Rows of a site's own, so many that they fill some pages of the spool."""
    return [{"name": f"apache::c{each}", "count": number % 997 + each} for each in range(100, 350)]


def _post(url: str, number: int, acknowledged: dict[int, str], enough: threading.Semaphore) -> None:
    """Be one site after the other until nobody answers any more."""
    with httpx.Client(base_url=url, headers=JSON) as client:
        while True:
            columns = {"environment_count": number, "classes": _classes(number)}
            document = {**report(columns), "site_id": f"{number:0128x}"}
            try:
                answer = client.post("/", content=to_bytes(document))
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            acknowledged[number] = answer.json()["receipt"]["message_id"]
            enough.release()
            number += CLIENTS


def test_a_bomb_costs_no_more_memory_than_a_report(tmp_path: Path) -> None:
    """Each unpacks to 900 MiB; many arrive at once."""
    packer = zlib.compressobj(9, wbits=31)
    head = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = head + again * 899
    assert len(bomb) < MAX_BYTES
    large = REPORT.rstrip() + b" " * (MAX_BYTES - len(REPORT))
    packed = {"content-encoding": "gzip"}
    with (
        Program(tmp_path, "--rate", "0", "--new-sites", "0") as collector,
        ThreadPoolExecutor(8) as pool,
    ):

        def post(data: bytes, headers: dict[str, str]) -> int:
            return httpx.post(collector.url, content=data, headers={**JSON, **headers}).status_code

        def all_of(data: bytes, headers: dict[str, str]) -> set[int]:
            return set(pool.map(lambda _: post(data, headers), range(40)))

        assert all_of(large, {}) == {200}
        before = collector.peak_memory()
        assert all_of(bomb, packed) == {413}
        assert collector.peak_memory() < 2 * before  # of what unpacks to 36 GB


def test_a_second_collector_on_the_directory_refuses(tmp_path: Path) -> None:
    with Program(tmp_path) as collector:
        with pytest.raises(AssertionError, match="another collector is running here"):
            Program(tmp_path)
        assert collector.ended(signal.SIGTERM) == (0, "")


def test_a_list_is_read_again_while_it_runs(tmp_path: Path) -> None:
    with Program(tmp_path, "--verbose") as collector:
        forge_list(tmp_path, ["acme-x"])

        def kept() -> list[tuple[object, ...]]:
            httpx.post(collector.url, content=to_bytes(report(COLUMNS)), headers=JSON)
            return collector.rows("len(modules)")

        wait_for(lambda: kept() == [(0,)])
        said = f"dropsonde-collector: {tmp_path / 'forge.json'} was read again\n"
        assert collector.ended(signal.SIGTERM) == (0, said)
