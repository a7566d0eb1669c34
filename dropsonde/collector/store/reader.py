"""Read access to a data directory: queries, exports and backups, also while a collector runs."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.backup import back_up
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.dataset import handle_name
from dropsonde.collector.store.parquet.schema import NAME
from dropsonde.common.files import replacing

if TYPE_CHECKING:
    from dropsonde.collector.store.result import Result
    from dropsonde.schema.model import Column


class Format(str, Enum):
    """The formats of an export. Not CSV: its cells cannot hold tables."""

    PARQUET = "parquet"
    JSON_LINES = "jsonl"


class Reader:
    """Reads a data directory; it needs no collector, and does not disturb one.

    Args:
        directory: the data directory.
        columns: the newest schema; a query may use a column that no row has yet.

    Raises:
        DataDirectoryError: the directory is missing or not private.
    """

    def __init__(self, directory: Path, columns: Sequence[Column]) -> None:
        self._directory = checked(directory)
        self._columns = columns

    def query(self, sql: str) -> Result:
        """Run one SELECT on ``community_metrics``, which has the schema's columns and ``week``.

        Raises:
            QueryError: it is not one SELECT, does not fit, or reads something besides the dataset.
            StoreUnavailableError: the dataset cannot be read.
        """
        # DuckDB is imported when it is needed: see ``apart``.
        from dropsonde.collector.store.parquet.view import viewing  # noqa: PLC0415
        from dropsonde.collector.store.result import Result  # noqa: PLC0415

        with contextlib.ExitStack() as stack:
            view = stack.enter_context(viewing(self._directory, self._columns))
            view.lock()
            return Result(view, sql).owning(stack)

    def export(self, path: Path, format_: Format) -> None:
        """Write all rows to a private file; JSON lines have bytes in hexadecimal, as reports do.

        Raises:
            FileError: the file cannot be written.
            StoreUnavailableError: the dataset cannot be read.
        """
        from dropsonde.collector.store.parquet.duckdb import translating  # noqa: PLC0415 - as above
        from dropsonde.collector.store.parquet.view import viewing  # noqa: PLC0415

        with viewing(self._directory, self._columns) as view, replacing(path) as file:
            columns, options = "*", "FORMAT parquet, COMPRESSION zstd"
            if format_ is Format.JSON_LINES:
                columns, options = view.table.to_json(), "FORMAT json"
            with translating(f"{path} cannot be written"):
                view.connection.execute(
                    f"COPY (SELECT {columns} FROM {NAME}) "  # noqa: S608 - ours
                    f"TO '{handle_name(file.fileno())}' ({options}, USE_TMP_FILE false)"
                )

    def backup(self, target: Path) -> None:
        """Copy the data directory as of now to a new one, on which a collector can start.

        Raises:
            BackupError: the target exists, or cannot be written.
        """
        back_up(self._directory, target)
