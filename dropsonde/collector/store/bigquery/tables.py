"""The dataset in BigQuery: its table, made from the schema, and staging tables that expire.

The dataset's owner creates the dataset, and decides its location and who may read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from google.api_core.exceptions import NotFound
from google.cloud.bigquery import SchemaField, Table, TimePartitioning, TimePartitioningType

from dropsonde.collector.store.bigquery.fields import MONDAY, fields_of, merged
from dropsonde.collector.store.parquet.schema import NAME
from dropsonde.common.errors import SchemaError

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

    from dropsonde.collector.store.bigquery.address import Address
    from dropsonde.schema.model import Column

_DAY_MS = 86_400_000
_WEEK = 7  # days: a partition's age counts from its Monday, a week's from its end
_STAGING = timedelta(days=1)
_DESCRIPTION = "Reports of dropsonde, one row a site an ISO week."


@dataclass(frozen=True)
class Tables:
    """A dataset's tables.

    Args:
        client: of the project.
        address: of the dataset.
        calls: the retry and timeout arguments of the client's methods.
    """

    client: Client
    address: Address
    calls: dict[str, Any]

    def location(self) -> str:
        """The dataset's location.

        Raises:
            NotFound: there is none.
        """
        name = f"{self.address.project}.{self.address.dataset}"
        return str(self.client.get_dataset(name, **self.calls).location)

    def ensure(self, columns: Sequence[Column], days: int | None = None) -> list[dict[str, Any]]:
        """Create the table if it is missing, and add missing columns.

        Args:
            columns: of the schema.
            days: after which BigQuery drops a week; None leaves that unchanged.

        Returns:
            The fields that rows are loaded with, in the table's own order within records.

        Raises:
            SchemaError: a column was retyped, or the table is not this program's.
        """
        wanted = fields_of(columns)
        try:
            table = self.client.get_table(self._name(NAME), **self.calls)
        except NotFound:
            table = Table(self._name(NAME), _schema(wanted))
            table.description = _DESCRIPTION
            table.time_partitioning = _by_week(days)
            table = self.client.create_table(table, exists_ok=True, **self.calls)
        fields = self._updated(table, wanted, days)
        names = {field["name"].lower() for field in wanted}
        return [field for field in fields if field["name"].lower() in names]

    def _updated(
        self, table: Table, wanted: list[dict[str, Any]], days: int | None
    ) -> list[dict[str, Any]]:
        partitions = table.time_partitioning
        if partitions is None or partitions.field != MONDAY:
            raise SchemaError(
                f"{self.address}: its table {NAME} is not partitioned by {MONDAY}",
                "move that table away, or name another dataset",
            )
        changed = []
        old = [field.to_api_repr() for field in table.schema]
        fields = merged(old, wanted)
        if fields != old:
            table.schema = _schema(fields)
            changed.append("schema")
        if days is not None and partitions.expiration_ms != _by_week(days).expiration_ms:
            table.time_partitioning = _by_week(days)
            changed.append("time_partitioning")
        if changed:
            self.client.update_table(table, changed, **self.calls)
        return fields

    def changed(self) -> datetime | None:
        """When the table, or a row of it, was last changed.

        Raises:
            NotFound: there is none.
        """
        found: datetime | None = self.client.get_table(self._name(NAME), **self.calls).modified
        return found

    def stage(self, name: str, fields: Sequence[dict[str, Any]]) -> None:
        """Create a table to load into; BigQuery drops it after a day if it still exists."""
        table = Table(self._name(name), _schema(fields))
        table.expires = datetime.now(timezone.utc) + _STAGING
        self.client.create_table(table, exists_ok=True, **self.calls)

    def drop(self, name: str) -> None:
        """Remove a table, if there is one."""
        self.client.delete_table(self._name(name), not_found_ok=True, **self.calls)

    def _name(self, name: str) -> str:
        return self.address.table(name)


def _by_week(days: int | None) -> TimePartitioning:
    return TimePartitioning(
        type_=TimePartitioningType.DAY,
        field=MONDAY,
        expiration_ms=None if days is None else (_WEEK + days) * _DAY_MS,
    )


def _schema(fields: Sequence[dict[str, Any]]) -> list[SchemaField]:
    return [SchemaField.from_api_repr(field) for field in fields]
