"""Killed at any call: every acknowledged row is in one place once, and what is forgotten is gone.

There is one kill for each picture of the disk and each request: all else follows from these.
Jobs of the killed go on in BigQuery, and end when they like: here at the very end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.collector.store import Store, remote_state
from tests.unit.collector.store.bigquery.moving import (
    TABLE,
    everywhere,
    in_bigquery,
    opened,
    standing_in,
)
from tests.unit.collector.store.killing import Killing, Outcome
from tests.unit.collector.store.making import NOW, WEEK, row, site

if TYPE_CHECKING:
    from tests.doubles.bigquery import LoopbackBigQuery

LAST = NOW - WEEK
LATE = 2  # looks until a job is run: a kill may come before
STEPS = {"moved": ("compact", NOW), "forgotten": ("delete", site(1))}


@pytest.fixture(scope="module")
def killing() -> Iterator[Killing]:
    with contextlib.closing(Killing(opened)) as made:
        yield made


def prepared(root: Path, bigquery: LoopbackBigQuery) -> dict[tuple[str, bytes], int]:
    """A week in BigQuery, of which rows were replaced since, and rows of this week."""
    with opened(root, bigquery.url) as store:
        for number in range(1, 4):
            store.put(row(number, LAST, number))
        store.compact(NOW)
        for number in (2, 4):
            store.put(row(number, LAST, number * 10))
        store.put(row(1, NOW, 100))
        return everywhere(bigquery, store)


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_kill_at_any_call(tmp_path: Path, killing: Killing, name: str) -> None:
    method, argument = STEPS[name]

    def take(kill_at: int | None) -> Outcome:
        root = tmp_path / str(kill_at)
        looks = (root,) if kill_at is None else ()
        with standing_in(LATE) as bigquery:
            before = prepared(root, bigquery)
            outcome = killing.run(
                root, bigquery.url, method, argument, kill_at=kill_at, look_at=looks
            )
            assert "Error" not in str(outcome.result)
            with opened(root, bigquery.url) as store:
                check(store, bigquery, before, changed=name == "forgotten")
        return outcome

    whole = take(None)
    assert whole.done
    assert len(whole.states) > 15
    outcomes = [take(kill_at) for kill_at in whole.states]
    # In another order of its threads' calls, there may be fewer of them.
    assert sum(outcome.done for outcome in outcomes) < 3


def check(
    store: Store,
    bigquery: LoopbackBigQuery,
    before: dict[tuple[str, bytes], int],
    *,
    changed: bool,
) -> None:
    """Forget another site, let one report again, and let orphans run at the end."""
    without = {key: value for key, value in before.items() if key[1] != site(1)}
    store.forget(site(3))
    store.compact(NOW)
    store.put(row(3, LAST, 33))
    store.compact(NOW)
    bigquery.run_pending()
    found = everywhere(bigquery, store)
    possible = [{**each, ("2026-W47", site(3)): 33} for each in (before, without)]
    assert found in possible[: 1 + changed]
    assert store.depth() == sum(week == "2026-W48" for week, _ in found)
    assert in_bigquery(bigquery).keys() == {key for key in found if key[0] == "2026-W47"}
    assert list(bigquery.tables.resources) == [TABLE]
    assert remote_state.read(store._directory.root) == remote_state.Note(
        "bigquery://some-project/reports"
    )
