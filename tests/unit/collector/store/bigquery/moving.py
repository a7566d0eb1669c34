"""A collector's directory whose finished weeks go to the stand-in, and what is then where."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from dropsonde.collector.store import Store
from dropsonde.collector.store.bigquery.address import parse
from dropsonde.collector.store.bigquery.archive import BigQuery
from dropsonde.collector.store.bigquery.connection import connect
from dropsonde.collector.store.bigquery.jobs import Patience
from tests.doubles.bigquery import LoopbackBigQuery
from tests.unit.collector.store.making import COLUMNS, clock, contents

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

PROJECT, DATASET = "some-project", "reports"
STORE = f"bigquery://{PROJECT}/{DATASET}"
TABLE = f"{PROJECT}.{DATASET}.community_metrics"
# Retries are waited for a second at first, so one retry needs more than that.
QUICK = Patience(request=30, retry=0, uploads=0, job=5, look=0.001)
RETRYING = Patience(request=30, retry=10, uploads=1, job=5, look=0.001)


@contextmanager
def standing_in(looks: int = 1) -> Iterator[LoopbackBigQuery]:
    """The stand-in, with the dataset."""
    with LoopbackBigQuery(looks=looks) as found:
        found.dataset(PROJECT, DATASET)
        yield found


def remote(url: str, patience: Patience = QUICK) -> BigQuery:
    """The dataset, as the program reaches it."""
    address = parse(STORE)
    with patch.dict(os.environ, BIGQUERY_EMULATOR_HOST=url):
        return BigQuery(address, connect(address), patience)


def opened(
    path: Path, url: str, columns: Sequence[Column] = COLUMNS, patience: Patience = QUICK
) -> Store:
    return Store.open(path, columns, clock, remote(url, patience))


def in_bigquery(bigquery: LoopbackBigQuery) -> dict[tuple[str, bytes], int]:
    """Week and site to the number reported; each stands once, in its week's partition."""
    rows = bigquery.tables.rows(
        TABLE, "week, site_id, number, strftime(week_start, '%G-W%V'), dayofweek(week_start)"
    )
    assert all((week, 1) == (found, day) for week, _, _, found, day in rows)
    made = {(week, site_id): number for week, site_id, number, _, _ in rows}
    assert len(made) == len(rows)
    return made


def everywhere(bigquery: LoopbackBigQuery, store: Store) -> dict[tuple[str, bytes], int]:
    """The same of BigQuery and the directory together, where the spool's count."""
    return {**in_bigquery(bigquery), **contents(store)}
