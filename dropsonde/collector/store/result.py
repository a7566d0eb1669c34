"""The result of a query: one SELECT, and its rows as Python's values."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import duckdb

from dropsonde.collector.store.parquet.schema import quoted
from dropsonde.common.errors import QueryError

if TYPE_CHECKING:
    from dropsonde.collector.store.parquet.view import View

_ROWS = 256  # of a result at once
_ZONED = "TIMESTAMP WITH TIME ZONE"
# Errors about the query's text. All others may quote values, so their text is not shown.
_ABOUT_THE_TEXT = (
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.PermissionException,
    duckdb.NotImplementedException,
)
_ADVICE = "query one SELECT on community_metrics"
# Functions with side effects in a SELECT: DuckDB before 2.0 lets them write files.
_ACTING = re.compile(r"\b(?:enable|disable|truncate)_\w*log\w*", re.IGNORECASE)


class Result:
    """The rows of a query, fetched on demand. Close it, or read it to its end.

    Attributes:
        columns: the names of the columns.
    """

    def __init__(self, view: View, sql: str) -> None:
        self._stack = contextlib.ExitStack()
        with _refusing():
            query = _one_select(view.connection, sql)
            relation = view.connection.sql(query)
            self.columns = tuple(relation.columns)
            types = [str(each) for each in relation.types]
            self._moments = tuple(at for at, each in enumerate(types) if each == _ZONED)
            self._found = view.connection.execute(_without_zones(query, types))

    def owning(self, stack: contextlib.ExitStack) -> Result:
        """Take over the resources that must stay open until the rows are read."""
        self._stack = stack.pop_all()
        return self

    def __enter__(self) -> Result:  # noqa: PYI034 - Self comes with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows; a TIMESTAMP is an aware datetime in UTC, BYTES are ``bytes``."""
        with self._stack:
            while rows := self._fetch():
                for row in rows:
                    yield self._zoned(row) if self._moments else row

    def close(self) -> None:
        """Close the dataset."""
        self._stack.close()

    def _fetch(self) -> list[tuple[Any, ...]]:
        with _refusing():
            return self._found.fetchmany(_ROWS)

    def _zoned(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at in self._moments:
            if isinstance(values[at], datetime):
                values[at] = values[at].replace(tzinfo=timezone.utc)
        return tuple(values)


def _one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("only one SELECT can be run", _ADVICE)
    if _ACTING.search(sql):
        raise QueryError("a query does not change what is logged", _ADVICE)
    return statements[0].query.rstrip().rstrip(";")


def _without_zones(query: str, types: list[str]) -> str:
    """The query with its timestamps as UTC: DuckDB needs another library for zoned ones."""
    if not any(_ZONED in each for each in types):
        return query
    names = [quoted(f"c{at}") for at in range(len(types))]
    values = (
        f"CAST({name} AS {each.replace(_ZONED, 'TIMESTAMP')})" if _ZONED in each else name
        for name, each in zip(names, types, strict=True)
    )
    return f"SELECT {', '.join(values)} FROM ({query}\n) AS q({', '.join(names)})"  # noqa: S608 - checked


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except _ABOUT_THE_TEXT as error:
        text = str(error).partition("\n\nLINE")[0]
        raise QueryError(text, _ADVICE) from error
    except duckdb.OutOfMemoryException as error:
        raise QueryError("the query needs more memory", "ask for fewer columns or weeks") from error
    except duckdb.Error as error:
        raise QueryError(
            f"the query failed on the data ({type(error).__name__})",
            "TRY_CAST and try() pass over values that do not fit",
        ) from error
