"""Lines go through pipes into one statement: all of them, or an error, and no endless wait."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from dropsonde.collector.store.parquet.duckdb import engine
from dropsonde.collector.store.parquet.feeding import Pieces, feed
from dropsonde.collector.store.parquet.schema import table_of
from dropsonde.common.errors import StoreUnavailableError
from tests.unit.collector.store.making import COLUMNS

TABLE = table_of(COLUMNS)
MUCH = "x" * 100_000  # more than a pipe holds


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database; neither a pipe nor a thread is left of what was fed."""
    scratch = tmp_path / "it's a scratch"
    scratch.mkdir()
    threads = threading.active_count()
    with engine(scratch, threads="1") as made:
        made.execute(TABLE.ddl())
        yield made
    assert not list(scratch.iterdir())
    assert threading.active_count() == threads


def line(number: int, note: str = "") -> bytes:
    return json.dumps({"site_id": "aa", "number": number, "note": note}).encode() + b"\n"


def fed(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    pieces: Pieces,
    statement: str = "INSERT INTO community_metrics {}",
) -> list[int]:
    """The numbers that are stored, in the order of the rows."""
    feed(
        connection,
        tmp_path / "it's a scratch",
        pieces,
        TABLE,
        partial(str.replace, statement, "{}"),
    )
    found = connection.execute("SELECT number FROM community_metrics ORDER BY rowid").fetchall()
    return [number for (number,) in found]


@pytest.mark.parametrize("sizes", [(1,), (3, 0, 2), (0, 0, 1), (0,), (1,) * 50])
def test_every_line_is_stored_in_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    numbers = iter(range(1000))
    pieces = [[line(next(numbers), MUCH) for _ in range(size)] for size in sizes]
    assert fed(connection, tmp_path, pieces) == list(range(sum(sizes)))


def test_a_piece_is_made_when_the_one_before_it_is_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    made = []

    def piece(number: int) -> Iterator[bytes]:
        made.append(number)
        yield line(number, MUCH)

    pieces = [piece(number) for number in range(4)]
    assert made == []
    assert fed(connection, tmp_path, pieces) == made == [0, 1, 2, 3]


@pytest.mark.parametrize("statement", ["INSERT INTO no_such_table {}", "nonsense {}"])
def test_a_statement_that_reads_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, statement: str
) -> None:
    with pytest.raises(duckdb.Error):
        fed(connection, tmp_path, [[line(1, MUCH)], [line(2, MUCH)]], statement)


def test_a_statement_that_fails_in_the_middle(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    pieces = [[line(number, MUCH) for number in range(first, first + 50)] for first in (0, 50, 100)]
    failing = "SELECT * FROM ({}) WHERE CASE number WHEN 60 THEN error('at 60') ELSE TRUE END"
    with pytest.raises(duckdb.Error, match="at 60"):
        fed(connection, tmp_path, pieces, f"INSERT INTO community_metrics {failing}")
    assert fed(connection, tmp_path, [[line(7)]]) == [7]


@pytest.mark.parametrize("at", range(3))
def test_an_error_of_the_lines_is_raised(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, at: int
) -> None:
    def broken() -> Iterator[bytes]:
        yield line(1, MUCH)
        raise StoreUnavailableError("the disk fails")

    pieces: list[Iterator[bytes]] = [iter([line(2)]) for _ in range(3)]
    pieces[at] = broken()
    with pytest.raises(StoreUnavailableError, match=r"^the disk fails$"):
        fed(connection, tmp_path, pieces)


@pytest.mark.parametrize(
    "odd", [b"{\n", b'{"site_id": "bb"\n', b'{"site_id": "bb"} {}\n', b"\xff\n", b"x" * 40_000_000]
)
def test_a_line_that_cannot_be_read_is_not_passed_over(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, odd: bytes
) -> None:
    with pytest.raises((StoreUnavailableError, duckdb.Error)):  # the latter becomes the former
        fed(connection, tmp_path, [[line(1)], [odd, line(2)], [line(3)]])
