"""The event loop waits for commits of the spool: each wakes it once, and ends its rows' waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.collector.web.commits import Commits
from tests.support.patience import PATIENCE
from tests.unit.collector.store.making import opened, row

if TYPE_CHECKING:
    from dropsonde.collector.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "data") as one:
        yield one


@pytest.fixture
def commits(store: Store) -> Commits:
    made = Commits()
    store.watch(made.ended)
    return made


def test_a_commit_wakes_the_loop_once(store: Store, commits: Commits) -> None:
    async def kept() -> tuple[list[bool], int]:
        loop, woken = asyncio.get_running_loop(), 0
        call = loop.call_soon_threadsafe

        def counted(*arguments: Any, **named: Any) -> asyncio.Handle:
            nonlocal woken
            woken += 1
            return call(*arguments, **named)

        loop.call_soon_threadsafe = counted  # type: ignore[method-assign,assignment]
        before = store.condition.commits
        futures = [store.submit(row(number)) for number in range(200)]
        new = await asyncio.gather(*map(commits.wait, futures))
        return new, store.condition.commits - before - woken

    new, spared = asyncio.run(kept())
    assert new == [True] * 200
    assert spared >= 0


def test_what_is_on_disk_already_needs_no_commit(store: Store, commits: Commits) -> None:
    kept = store.submit(row(1))
    assert kept.result()
    assert asyncio.run(commits.wait(kept))


def test_an_error_is_told(store: Store, commits: Commits) -> None:
    failed = store._writer.submit(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(commits.wait(failed))


def held(store: Store) -> tuple[threading.Event, Future[bool]]:
    """A row whose commit waits for an event."""
    go = threading.Event()
    store._writer.submit(lambda _: go.wait(PATIENCE))
    return go, store.submit(row(1))


def test_who_waits_no_more_harms_nobody(store: Store, commits: Commits) -> None:
    go, kept = held(store)

    async def one_of_two() -> bool:
        gone, stays = (asyncio.create_task(commits.wait(kept)) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        go.set()
        return await stays

    assert asyncio.run(one_of_two())


def test_a_commit_after_the_loops_end_harms_nobody(store: Store, commits: Commits) -> None:
    go, kept = held(store)

    async def begin() -> None:
        task = asyncio.create_task(commits.wait(kept))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(begin())
    go.set()
    assert kept.result()
    assert store.put(row(2))
