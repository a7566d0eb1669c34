"""Build the vocabulary file from a Forge: the same Forge gives the same bytes.

The releases of all modules come with the list of modules, so that each run knows them exactly. A
tarball is fetched once: what the finished file holds, and what a run that was ended has read
(``vocabulary.partial``), is not fetched again.
"""

from __future__ import annotations

import contextlib
import hashlib
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Union

from dropsonde.common import state
from dropsonde.common.errors import ForgeError
from dropsonde.common.files import write_atomically
from dropsonde.protocol.vocabulary import Release, Vocabulary, newest
from dropsonde.site.forge import cache
from dropsonde.site.forge.api import Api
from dropsonde.site.forge.client import Bounds, Client
from dropsonde.site.forge.listing import ForgeList
from dropsonde.site.forge.releases import fetch_classes, find_release
from dropsonde.site.forge.tarball import TarballError
from dropsonde.site.vocabulary import deprecated
from dropsonde.site.vocabulary.journal import Journal, opened
from dropsonde.site.vocabulary.learning import warn

if TYPE_CHECKING:
    import requests

    from dropsonde.site.vocabulary.files import Files

AT_ONCE = 4  # requests
YEAR = timedelta(days=365)
MAX_FAULTS = 10  # after which the Forge is left alone
OVERLAP = timedelta(days=1)  # the Forge's days are those of another zone
# The list of all modules with all their releases has some 30 MB.
LIST_BOUNDS = Bounds(bytes=500_000_000, seconds=3600)
READ_BOUNDS = Bounds(requests=10, seconds=900)  # for one release

Progress = Callable[[int, int], None]
Outcome = Union[frozenset[str], Exception]  # noqa: UP007 - evaluated, also by Python 3.10


@dataclass(frozen=True)
class Forge:
    """How to ask the Forge.

    Attributes:
        url: its address.
        connect: makes a session; each thread has its own.
        pace: called before each request for a release; it waits.
    """

    url: str
    connect: Callable[[], requests.Session]
    pace: Callable[[], None]


@dataclass(frozen=True)
class Built:
    """The result.

    Attributes:
        content: of the file.
        sha256: of the file.
        modules: the number of modules.
        read: the number of releases that were fetched now.
        unread: the number of releases whose tarballs cannot be used.
    """

    content: Vocabulary
    sha256: str
    modules: int
    read: int
    unread: int


def build(
    forge: Forge, files: Files, since: date | None, now: datetime, progress: Progress
) -> Built:
    """Build the file of a directory anew, and replace it and what stands beside it.

    That is the list of modules, and which of them are deprecated.

    Args:
        forge: the Forge.
        files: the directory's.
        since: the day since when each release is read; None for a year before the newest one.
        now: the time (aware), to find what changes while the list is read.
        progress: called with the number of releases read and in all.

    Raises:
        ForgeError: the Forge failed. What was read is kept, and the file is as it was.
        FileError: the directory cannot be used.
    """
    with contextlib.closing(forge.connect()) as session:
        client = Client(session, forge.url, LIST_BOUNDS)
        listed = Api(client, lambda _done, _total: None).all_releases(now - OVERLAP)
    modules = {slug: each.releases for slug, each in listed.items()}
    last = newest(release for releases in modules.values() for release in releases)
    if last is None:
        raise ForgeError(f"{client.shown}: it lists no release", "check the address")
    day = since or date.fromisoformat(last.published[:10]) - YEAR
    wanted = _chosen(modules, f"{day:%Y-%m-%d}")
    with opened(files) as journal:
        missing = [release for release in wanted if release[:3] not in journal.read]
        faults = _read_all(forge, missing, journal, progress)
        if faults:
            raise faults[-1]
        chosen = {release[:3] for release in wanted}
        releases = tuple(
            release._replace(classes=journal.read.get(release[:3]))
            if release[:3] in chosen
            else release
            for releases in modules.values()
            for release in releases
        )
        content = Vocabulary(files.forge, f"{day:%Y-%m-%d}", releases)
        known = ForgeList(frozenset(modules), now, files.forge)
        cache.write(files.directory / state.FORGE, cache.Stored(known, now))
        old = {slug: each.deprecated for slug, each in listed.items()}
        deprecated.write(files, {slug: each for slug, each in old.items() if each is not None})
        data = content.to_bytes()
        write_atomically(files.shared, data)
        journal.remove()
    unread = sum(journal.read[release[:3]] is None for release in wanted)
    digest = hashlib.sha256(data).hexdigest()
    return Built(content, digest, len(modules), len(missing), unread)


def _chosen(modules: Mapping[str, tuple[Release, ...]], since: str) -> list[Release]:
    """The releases to read: each module's newest first, then the others since a day."""
    first = [last for releases in modules.values() if (last := newest(releases)) is not None]
    heads = {release[:3] for release in first}
    others = [
        release
        for releases in modules.values()
        for release in releases
        if release.published >= since and release[:3] not in heads
    ]
    for each in (first, others):
        each.sort(key=lambda release: (release.published, release.slug), reverse=True)
    return [*first, *others]


def _read_all(
    forge: Forge, releases: list[Release], journal: Journal, progress: Progress
) -> list[ForgeError]:
    """Read releases, and keep each at once; return the Forge's faults."""
    faults: list[ForgeError] = []
    done = 0
    outcomes = _outcomes(forge, iter(releases))
    for release, outcome in outcomes:
        if isinstance(outcome, ForgeError):
            faults.append(outcome)
            if len(faults) == MAX_FAULTS:
                return faults
            continue
        if isinstance(outcome, TarballError):
            warn(release, outcome)
        elif isinstance(outcome, Exception):
            raise outcome
        done += 1
        classes = None if isinstance(outcome, TarballError) else outcome
        journal.add(release._replace(classes=classes))
        progress(done, len(releases))
    return faults


def _outcomes(forge: Forge, waiting: Iterator[Release]) -> Iterator[tuple[Release, Outcome]]:
    """Read releases in threads; as daemons, they do not keep an interrupted run alive."""
    todo: queue.SimpleQueue[Release] = queue.SimpleQueue()
    came: queue.SimpleQueue[tuple[Release, Outcome]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            release = todo.get()
            try:
                came.put((release, _read(forge, release)))
            except Exception as error:  # noqa: BLE001 - raised again in the main thread
                came.put((release, error))

    running = 0
    for release in islice(waiting, AT_ONCE):
        threading.Thread(target=work, name="reading", daemon=True).start()
        todo.put(release)
        running += 1
    while running:
        yield came.get()
        running -= 1
        following = next(waiting, None)
        if following is not None:
            todo.put(following)
            running += 1


def _read(forge: Forge, release: Release) -> frozenset[str]:
    with contextlib.closing(forge.connect()) as session:
        client = Client(session, forge.url, READ_BOUNDS)
        forge.pace()
        listed = find_release(client, release)
        forge.pace()
        return fetch_classes(client, listed)
