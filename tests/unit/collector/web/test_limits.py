"""One address takes what is its share: connections, files, the processor, the log."""

from __future__ import annotations

import contextlib
import gzip
import logging
import signal
import socket
import threading
from pathlib import Path

import pytest

from dropsonde.cli.collector.logs import Bounded
from ext.benchmark.collector.costly import costly
from tests.unit.collector.web.serving import QUICK, REPORT, Program, served
from tests.unit.collector.web.test_connections import CHUNKED, HEAD, read_all

IDLE, OTHERS = 600, 124


def answered(connection: socket.socket) -> bytes:
    """The status of a report's answer; empty when the connection is closed instead."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(HEAD + REPORT)
        return connection.recv(1 << 16)[9:12]
    return b""


def test_idle_connections_of_one_address_keep_nobody_out(tmp_path: Path) -> None:
    with served(tmp_path) as collector, contextlib.ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(collector.connect("127.0.0.9"))
        found = []
        for number in range(1, 1 + OTHERS):
            with collector.connect(f"127.0.{number}.1") as other:
                found.append(answered(other))
    assert found == [b"200"] * OTHERS


def test_nor_do_those_of_some(tmp_path: Path) -> None:
    """They take all, and make room."""
    limits = QUICK._replace(connections=40, network=30)
    with served(tmp_path, limits) as collector, contextlib.ExitStack() as stack:
        for network in range(3):
            for _ in range(limits.network):
                stack.enter_context(collector.connect(f"127.0.{network}.9"))
        found = []
        for number in range(100, 110):
            other = stack.enter_context(collector.connect(f"127.0.{number}.1"))
            found.append(answered(other))
    assert found == [b"200"] * 10


def test_a_trusted_proxy_may_have_all(tmp_path: Path) -> None:
    limits = QUICK._replace(network=2)
    with (
        served(tmp_path, limits, proxies=["127.0.0.9"]) as collector,
        contextlib.ExitStack() as stack,
    ):
        mine = [stack.enter_context(collector.connect("127.0.0.9")) for _ in range(9)]
        assert [answered(one) for one in mine] == [b"200"] * 9
        theirs = [stack.enter_context(collector.connect("127.0.1.9")) for _ in range(3)]
        assert [answered(one) for one in theirs] == [b"200", b"200", b""]


def test_who_sends_nothing_is_cut_off_sooner_than_who_sends_slowly(tmp_path: Path) -> None:
    with (
        served(tmp_path, QUICK._replace(silent=1, head=600)) as collector,
        collector.connect() as silent,
        collector.connect() as slow,
    ):
        slow.sendall(b"P")
        assert read_all(silent) == b""
        slow.sendall((HEAD + REPORT)[1:])
        assert slow.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("files", [200, 256])
def test_connections_stay_below_the_limit_of_files(tmp_path: Path, files: int) -> None:
    limited = ("prlimit", f"--nofile={files}:{files}")
    with Program(tmp_path, within=limited) as collector, contextlib.ExitStack() as stack:
        for number in range(2 * files):
            with contextlib.suppress(ConnectionError):
                stack.enter_context(collector.connect(f"127.0.{number % 100}.{1 + number // 100}"))
        with collector.connect("127.0.200.1") as other:
            assert answered(other) == b"200"
        assert collector.ended(signal.SIGTERM) == (0, "")


def test_a_body_in_tiny_chunks_is_refused(tmp_path: Path) -> None:
    with served(tmp_path) as collector, collector.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(CHUNKED + b"1\r\n \r\n" * 100_000)
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def test_what_costs_much_is_a_matter_of_its_network_alone(tmp_path: Path) -> None:
    """Twenty bodies, each within a report's limits: a burst pays for few of them."""
    packed = gzip.compress(dict(costly(["empty lists"]))["empty lists, as classes"])
    limits = QUICK._replace(rate=0.02, burst=30)
    with served(tmp_path, limits) as collector:
        codes = []

        def attack() -> None:
            with collector.connect("127.0.0.9") as connection:
                head = HEAD.replace(b"%d" % len(REPORT), b"%d" % len(packed))
                head = head.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
                connection.sendall(head + packed)
                codes.append(connection.recv(1 << 16)[9:12])

        threads = [threading.Thread(target=attack) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes.count(b"429") >= 10
        with collector.connect("127.0.1.9") as other:
            assert answered(other) == b"200"


def test_the_log_is_bounded_and_says_what_it_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    handler = Bounded("dropsonde-collector")
    for number in range(1000):
        handler.handle(logging.makeLogRecord({"msg": "the same"}))
        handler.handle(logging.makeLogRecord({"msg": f"another, {number}"}))
    handler.close()
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines.count("dropsonde-collector: the same") == 3
    assert len(lines) == 100
    assert last == "dropsonde-collector: 1900 more lines of this log were left out"
