"""Clients that are slow, cut off, or too many, on real sockets."""

from __future__ import annotations

import contextlib
import gzip
import socket
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit.collector.web.serving import QUICK, REPORT, Served, served

HURRIED = QUICK._replace(head=0.2, body=0.3, answer=0.3, silent=1, idle=1)
HEAD = (
    b"POST /v1/reports HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(REPORT)
)
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, HURRIED) as one:
        yield one


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes, in whatever way."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            data += piece
    return bytes(data)


def count(collector: Served, reason: str) -> str:
    lines: list[str] = collector.metrics().text.splitlines()
    return next(line.split()[-1] for line in lines if f'refused_total{{reason="{reason}"' in line)


@pytest.mark.parametrize("data", [b"", b"P", HEAD[:-2]])
def test_who_does_not_finish_the_headers_is_cut_off(collector: Served, data: bytes) -> None:
    with collector.connect() as connection:
        connection.sendall(data)
        assert read_all(connection) == b""


def test_also_in_a_connections_second_request(collector: Served) -> None:
    with collector.connect() as connection:
        connection.sendall(HEAD + REPORT + HEAD[:-2])
        assert read_all(connection).count(b"HTTP/1.1 200 OK") == 1


def test_a_body_that_trickles_is_408_and_the_end(collector: Served) -> None:
    with collector.connect() as connection:
        connection.sendall(HEAD + REPORT[:100])
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert count(collector, "slow") == "1.0"
    assert collector.rows() == [(0,)]


def test_half_a_request_leaves_nothing(collector: Served) -> None:
    with collector.connect() as connection:
        connection.sendall(HEAD + REPORT[:100])
    while count(collector, "gone") == "0.0":
        continue
    assert collector.rows() == [(0,)]


def test_who_reads_no_answers_is_cut_off(collector: Served) -> None:
    request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    with collector.connect() as connection, pytest.raises(OSError, match=r"reset|pipe"):
        connection.sendall(request * 1_000_000)


def test_two_requests_in_one_go_are_two_answers(collector: Served) -> None:
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with collector.connect() as connection:
        connection.sendall(HEAD + REPORT + HEAD + REPORT + last)
        answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert collector.rows() == [(1,)]


def test_a_bomb_in_chunks_is_refused_before_it_has_arrived(collector: Served) -> None:
    """The client reads the answer while it is still sending."""
    packer = zlib.compressobj(9, wbits=31)
    with collector.connect() as connection:
        connection.sendall(CHUNKED)
        for _ in range(2):  # each a megabyte of zeros
            piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_a_report_in_chunks_is_taken(collector: Served) -> None:
    packed = gzip.compress(REPORT)
    with collector.connect() as connection:
        connection.sendall(CHUNKED)
        for at in range(0, len(packed), 7):
            piece = packed[at : at + 7]
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")


def test_a_length_that_is_too_much_is_refused_without_waiting_for_it(collector: Served) -> None:
    head = HEAD.replace(b"%d" % len(REPORT), b"%d" % (1 << 40))
    with collector.connect() as connection:
        connection.sendall(head)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 413 ")


def test_no_length_is_411(collector: Served) -> None:
    head = HEAD.replace(b"Content-Length: %d\r\n" % len(REPORT), b"")
    with collector.connect() as connection:
        connection.sendall(head)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 411 ")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        HEAD.replace(b"Content-Length: ", b"Content-Length: -"),
        HEAD.replace(b"Host: x", b"Host: x\r\nContent-Length: 1"),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000,
    ],
)
def test_what_is_no_http_is_400_and_the_end(collector: Served, data: bytes) -> None:
    with collector.connect() as connection:
        connection.sendall(data)
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("line", "answered"), [(b"POST / HTTP/1.1", False), (b"HEAD /openapi.json HTTP/1.1", True)]
)
def test_a_chunk_that_is_none_is_400_and_the_end(
    collector: Served, caplog: pytest.LogCaptureFixture, line: bytes, answered: bool
) -> None:
    """Found by fuzzing: the server and the application both answered."""
    head = CHUNKED.replace(b"POST / HTTP/1.1", line)
    with collector.connect() as connection:
        connection.sendall(head)
        if answered:
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"14\r\r\n{}")
        answer = read_all(connection)
    assert answer.startswith(b"" if answered else b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1 - answered
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_a_chunk_that_is_none_ends_a_request_for_the_head_alone(
    collector: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Found by fuzzing: the answer to it may have no text, and had some."""
    head = CHUNKED.replace(b"POST / HTTP/1.1", b"HEAD /openapi.json HTTP/1.1")
    with collector.connect() as connection:
        connection.sendall(head + b"0\r\nPOST / HTTP/1.1\r\n\r\n")
        assert b"text" not in read_all(connection)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert collector.get("/healthz").status_code == 200


def test_above_the_limit_of_connections_it_is_503_and_then_nothing(tmp_path: Path) -> None:
    limits = QUICK._replace(connections=4)
    with served(tmp_path, limits) as collector, contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(collector.connect())
        assert collector.get("/healthz").status_code == 503
        for _ in range(3):
            stack.enter_context(collector.connect())
        with collector.connect() as one_more:
            assert read_all(one_more) == b""


def test_three_hundred_at_once_are_all_served(tmp_path: Path) -> None:
    with served(tmp_path) as collector, ThreadPoolExecutor(300) as pool:
        connections = [collector.connect() for _ in range(300)]

        def post(connection: socket.socket) -> bytes:
            with connection:
                connection.sendall(HEAD + REPORT)
                return connection.recv(1 << 16)

        answers = list(pool.map(post, connections))
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
