"""The known sites of weeks that are in BigQuery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.errors import BigQueryError
from tests.unit.collector.store.bigquery.moving import opened, standing_in
from tests.unit.collector.store.making import NOW, WEEK, fill, row, site

if TYPE_CHECKING:
    from dropsonde.collector.store import Store
    from tests.doubles.bigquery import LoopbackBigQuery


@pytest.fixture
def bigquery() -> Iterator[LoopbackBigQuery]:
    with standing_in() as found:
        yield found


def numbers(store: Store) -> list[int]:
    return [number for number in range(10) if site(number) in store.known]


def test_sites_of_weeks_in_bigquery_are_known_and_of_none_before_there_is_a_table(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        fill(store, [5], NOW)
        store.known.watch()
        store.known.look()
        assert (store.known.ready, numbers(store)) == (True, [5])
        fill(store, range(3), NOW - WEEK)
        fill(store, range(2), NOW - 2 * WEEK)
        store.compact(NOW)
        assert store.depth() == 1
        assert numbers(store) == [0, 1, 2, 5]
    with opened(tmp_path / "data", bigquery.url) as store:
        store.known.watch()
        store.known.look()
        assert (store.known.ready, numbers(store)) == (True, [0, 1, 2, 5])
        store.delete(site(1))
        assert numbers(store) == [0, 2, 5]
    with opened(tmp_path / "data", bigquery.url) as store:
        store.forget(site(2))
        store.known.watch()
        store.known.look()
        assert numbers(store) == [0, 5]


def test_while_bigquery_is_away_only_the_directory_s_sites_are_known(
    tmp_path: Path, bigquery: LoopbackBigQuery
) -> None:
    with opened(tmp_path / "data", bigquery.url) as store:
        fill(store, range(3), NOW - WEEK)
        store.compact(NOW)
        fill(store, [5], NOW)
    with opened(tmp_path / "data", "http://127.0.0.1:1") as store:
        store.known.watch()
        with pytest.raises(BigQueryError, match="BigQuery cannot be reached"):
            store.known.look()
        assert (store.known.ready, numbers(store)) == (False, [5])
        store.put(row(6))
        assert numbers(store) == [5, 6]
