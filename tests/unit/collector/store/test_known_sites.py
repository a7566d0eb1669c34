"""The known sites: those that have a row, whatever happens while they are read."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from dropsonde.collector.store import Store, known_sites
from dropsonde.collector.store.known_sites import KnownSites
from dropsonde.common.errors import BigQueryError, StoreUnavailableError
from tests.unit.collector.store.making import FILE, NOW, WEEK, clock, fill, flip, opened, row, site

FINISHED, WAITING = range(5), range(3, 9)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Some sites are in a finished week, some in the spool, two in both."""
    with opened(tmp_path / "data") as found:
        fill(found, FINISHED)
        found.compact(NOW)
        fill(found, WAITING, NOW)
    with opened(tmp_path / "data") as found:
        found.known.watch()
        yield found


class Remote:
    """An archive that does something between the sites that it holds."""

    def __init__(self, *sites: bytes) -> None:
        self.held = sites
        self.meanwhile: Callable[[], object] = lambda: None

    def sites(self) -> Iterator[bytes]:
        yield from self.held
        self.meanwhile()

    def take(self, week: str) -> Iterator[list[int]]:
        raise NotImplementedError(week)

    def without(self, sites: Collection[bytes]) -> None:
        raise NotImplementedError(sites)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        raise NotImplementedError(days, now)


def with_remote(store: Store, remote: Remote) -> KnownSites:
    """The store's known sites, of which some are in a remote archive."""
    store.known = KnownSites(store._directory, store._files, remote)
    store.known.watch()
    return store.known


def numbers(known: KnownSites) -> list[int]:
    return [number for number in range(20) if site(number) in known]


def test_the_sites_of_files_and_of_the_spool_are_known_once_they_are_read(store: Store) -> None:
    assert (store.known.ready, numbers(store.known)) == (False, [])
    store.known.look()
    assert (store.known.ready, numbers(store.known)) == (True, list(range(9)))


def test_a_site_is_known_as_soon_as_its_row_is_on_disk(store: Store) -> None:
    store.known.look()
    store.put(row(15))
    assert site(15) in store.known


def test_without_a_watch_nothing_is_noted(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store.put(row(1))
        assert site(1) not in store.known
        store.known.watch()
        store.known.look()
        assert site(1) in store.known


@pytest.mark.parametrize("number", [0, 3, 8], ids=["in a file", "in both", "in the spool"])
def test_a_forgotten_site_is_not_known_until_it_reports_again(
    store: Store, tmp_path: Path, number: int
) -> None:
    store.known.look()
    store.forget(site(number))
    assert site(number) not in store.known
    store.close()
    with opened(tmp_path / "data") as again:  # erases it
        again.known.watch()
        again.known.look()
        assert site(number) not in again.known
        again.put(row(number))
        assert site(number) in again.known


def test_a_row_that_is_still_to_be_erased_makes_no_site_known(store: Store) -> None:
    store.forget(site(0))
    store.known.look()
    assert numbers(store.known) == list(range(1, 9))
    store.put(row(0))
    store.known.weeks_dropped()
    store.known.look()
    assert site(0) in store.known


def test_neither_does_one_in_a_remote_archive(store: Store) -> None:
    store.forget(site(15))
    known = with_remote(store, Remote(site(14), site(15)))
    known.look()
    assert numbers(known) == [*range(9), 14]


def test_what_happens_while_the_sites_are_read_counts(store: Store) -> None:
    remote = Remote(site(10), site(11))
    known = with_remote(store, remote)

    def meanwhile() -> None:
        assert not known.ready
        assert numbers(known) == list(range(9))  # the directory's
        for number in (0, 8, 10):
            store.forget(site(number))
        for number in (0, 12):
            store.put(row(number))

    remote.meanwhile = meanwhile
    known.look()
    assert (known.ready, numbers(known)) == (True, [*range(8), 11, 12])


def test_an_archive_that_fails_leaves_the_directory_and_is_asked_again(store: Store) -> None:
    remote = Remote(site(10))
    known = with_remote(store, remote)

    def fails() -> None:
        raise BigQueryError("bigquery://a/b: it is away", "wait")

    remote.meanwhile = fails
    with pytest.raises(BigQueryError):
        known.look()
    assert (known.ready, numbers(known)) == (False, list(range(9)))
    store.put(row(15))
    remote.meanwhile = lambda: None
    known.look()
    assert (known.ready, numbers(known)) == (True, [*range(9), 10, 15])
    known.weeks_dropped()
    remote.meanwhile = fails
    with pytest.raises(BigQueryError):
        known.look()
    assert (known.ready, numbers(known)) == (True, [*range(9), 10, 15])  # none is lost


def test_the_sites_of_dropped_weeks_are_forgotten(store: Store) -> None:
    store.known.look()
    assert store.retain(10, NOW) == ()
    store.put(row(3, NOW + 3 * WEEK))
    assert store.retain(10, NOW + 3 * WEEK) == ("2026-W47", "2026-W48")
    assert numbers(store.known) == list(range(9))
    store.known.look()
    assert numbers(store.known) == [3]


def test_after_many_changes_all_are_read_again_to_save_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_sites, "_MOST_CHANGES", 3)
    store.known.look()
    for number, kept in ((10, 9), (11, 9), (12, 9), (13, 13)):
        store.put(row(number))
        store.known.look()
        assert len(store.known._stored) == kept
    assert numbers(store.known) == [*range(9), 10, 11, 12, 13]


def test_a_damaged_week_is_left_out_until_it_is_repaired(store: Store, tmp_path: Path) -> None:
    flip(tmp_path / "data" / FILE, 4000)
    store.known.look()
    assert (store.known.ready, numbers(store.known)) == (True, list(WAITING))
    assert list(store.condition.damaged_weeks) == ["2026-W47"]
    store.known.look()
    assert numbers(store.known) == list(WAITING)
    flip(tmp_path / "data" / FILE, 4000)
    store.compact(NOW)
    store.known.look()
    assert numbers(store.known) == list(range(9))


def test_a_full_disk_is_said_in_a_line_and_tried_again(store: Store) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with (
        patch.object(tempfile, "mkdtemp", side_effect=full),
        pytest.raises(StoreUnavailableError, match="cannot be read: No space left on device"),
    ):
        store.known.look()
    assert not store.known.ready
    store.known.look()
    assert numbers(store.known) == list(range(9))


def test_reading_ends_with_the_collector(store: Store) -> None:
    store.interrupt()
    with pytest.raises(StoreUnavailableError, match="the collector ends"):
        store.known.look()
    assert not store.known.ready


def test_many_sites_take_several_rounds_and_each_is_known(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data", (), clock) as store:
        many = [site(number) for number in range(40_000)]
        known = with_remote(store, Remote(*many, *many))
        known.look()
        assert all(each in known for each in many)
        assert not any(site(number) in known for number in range(40_000, 41_000))
        assert len(known._stored) == len(many)
