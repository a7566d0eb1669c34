"""The cells of each week: every known group's number with noise, and their mean over weeks.

They are public by construction, those that no page shows as well. A group's mean over several weeks
has less noise than a week's number, at no cost: it is made from what is public already.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, K
from dropsonde.collector.store.parquet.duckdb import engine, translating
from dropsonde.collector.store.parquet.schema import literal
from dropsonde.common.errors import FileError
from dropsonde.common.files import read_bounded, write_atomically

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.drawing import Cell

    Keys = tuple[Any, ...]

WEEKS = 13  # whose mean is shown: a quarter of a year
DEVIATIONS = 4.0  # of its noise, that a mean has at least: one in 30,000 empty groups reaches it
SUFFIX = ".cells.parquet"
# How published files are packed: written once a week, at a third more time for an eighth less.
PACKED = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 9"
_LEAST = f"greatest({K}, {DEVIATIONS} * error)"  # of a mean that is shown
_AT_ONCE = 50_000  # rows
_MEMORY = "1GB"  # of DuckDB; what needs more goes to the disk
_MOST_BYTES = 1 << 30


class Measured(NamedTuple):
    """A group that is shown.

    Attributes:
        keys: of the group.
        mean: sites, over the weeks in which it was counted.
        error: the standard deviation of the mean's noise.
        week: sites in the newest week alone.
    """

    keys: Keys
    mean: float
    error: float
    week: float


class Table(NamedTuple):
    """The cells of a table, or of one of its sums.

    Attributes:
        name: of the table, or ``table.column`` of a sum.
        scale: the standard deviation of each cell's noise, in sites or in the sum's unit.
        cells: of every known group.
    """

    name: str
    scale: float
    cells: Iterable[Cell]


def write(path: Path, tables: Iterable[Table], scratch: Path) -> str:
    """Write a week's cells, atomically.

    Args:
        path: of the file, which is replaced.
        tables: of the week.
        scratch: where DuckDB may spill, and writes the file first.

    Returns:
        the file's SHA-256, in hexadecimal.

    Raises:
        StoreUnavailableError: DuckDB cannot write it.
        FileError: it cannot be put in its place.
    """
    made = scratch / "made.parquet"
    with (
        engine(scratch, memory_limit=_MEMORY) as connection,
        translating("the week's cells cannot be written"),
    ):
        connection.execute(
            "CREATE TABLE cells (name VARCHAR, keys VARCHAR, parts BIGINT, scale DOUBLE)"
        )
        for table in tables:
            for some in _some(table.cells):
                keys = [json.dumps(cell.keys, ensure_ascii=False) for cell in some]
                connection.execute(
                    "INSERT INTO cells SELECT $1, unnest($2::VARCHAR[]), unnest($3::BIGINT[]), $4",
                    [table.name, keys, [cell.parts for cell in some], table.scale],
                )
        connection.execute(f"COPY cells TO {literal(str(made))} ({PACKED})")
    data = read_bounded(made, _MOST_BYTES)
    made.unlink()
    if data is None:
        raise FileError(f"{made}: cannot be read", "check the disk")
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def digest(path: Path) -> str | None:
    """The SHA-256 of a file of cells, in hexadecimal; None if it cannot be read."""
    data = read_bounded(path, _MOST_BYTES)
    return None if data is None else hashlib.sha256(data).hexdigest()


def shown(paths: Sequence[Path], scratch: Path) -> Iterator[tuple[str, Measured]]:
    """The groups that are shown of each table, by name and keys; of sums and all sites, all.

    Args:
        paths: the weeks' cells, the newest last, at most :data:`WEEKS`.
        scratch: where DuckDB may spill.

    Raises:
        StoreUnavailableError: a file cannot be read.
    """
    newest = len(paths) - 1
    weeks = " UNION ALL ".join(
        f"SELECT name, keys, parts, scale, {at == newest} AS newest FROM {_file(path)}"  # noqa: S608 - ours
        for at, path in enumerate(paths)
    )
    with (
        engine(scratch, memory_limit=_MEMORY) as connection,
        translating("the cells cannot be read"),
    ):
        names = connection.execute(
            f"SELECT DISTINCT name FROM {_file(paths[-1])} ORDER BY name"  # noqa: S608
        ).fetchall()
        for (name,) in names:  # one by one: all groups of all tables would need much memory
            least = "" if name == ALL or "." in name else f"AND mean >= {_LEAST}"
            rows = connection.execute(
                "SELECT keys, mean, error, week FROM (SELECT keys, "  # noqa: S608
                f"avg(parts) / {LATTICE} AS mean, sqrt(sum(scale * scale)) / count(*) AS error, "
                f"any_value(parts) FILTER (newest) / {LATTICE} AS week "
                f"FROM ({weeks}) WHERE name = $1 GROUP BY keys) "
                f"WHERE week IS NOT NULL {least} ORDER BY keys",
                [name],
            )
            while found := rows.fetchmany(_AT_ONCE):
                for keys, mean, error, week in found:
                    yield name, Measured(tuple(json.loads(keys)), mean, error, week)


def _file(path: Path) -> str:
    """A file as DuckDB's table; a star or a bracket in its path is not a pattern."""
    exact = re.sub(r"([*?\[])", r"[\1]", str(path))
    return f"read_parquet({literal(exact)})"


def _some(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    remaining = iter(cells)
    while some := [cell for _, cell in zip(range(_AT_ONCE), remaining, strict=False)]:
        yield some
