"""Store reports that wait, were sent, or were refused by an endpoint.

Each report is a file of exactly the bytes that are sent, in one of three directories:

    outbox/      it waits; written before the first byte is sent
    sent/        it was accepted; its receipt holds the time, the endpoint and the answer
    quarantine/  the endpoint refused it; the receipt holds the answer

It moves by one rename, after its receipt is on disk in the target directory. So a kill between any
two steps leaves the report in one directory, and a receipt of a waiting report means that the
report was sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import Literal

from dropsonde.common import state
from dropsonde.common.errors import FileError
from dropsonde.common.files import (
    OddFileError,
    private_directory,
    read_bounded,
    read_file,
    sync_directory,
    write_atomically,
)

log = logging.getLogger(__name__)

WAITS_AT_MOST = timedelta(days=21)
OUTBOX_BYTES = 5_000_000
SENT_REPORTS = 52
SENT_BYTES = 20_000_000
REPORT_BYTES = 64_000_000  # of one report; hundreds of times a large site's
_STAMP = "%Y%m%dT%H%M%SZ"
# No year before 1000: strftime would write it shorter than it was read.
_STEM = r"[1-9][0-9]{7}T[0-9]{6}Z-[0-9a-f]{16}"
_REPORT = re.compile(rf"({_STEM})\.json")
_RECEIPT = re.compile(rf"({_STEM})\.receipt\.json")
# The temporary files of files.replacing.
_TEMPORARY = re.compile(rf"\.{_STEM}(\.receipt)?\.json\.[a-z0-9_]{{8}}")


class Place(Enum):
    """The directory that a report is in."""

    OUTBOX = state.OUTBOX
    SENT = state.SENT
    QUARANTINE = state.QUARANTINE


Settled = Literal[Place.SENT, Place.QUARANTINE]
_SETTLED: tuple[Settled, ...] = (Place.SENT, Place.QUARANTINE)


@dataclass(frozen=True, order=True)
class Entry:
    """A report on disk.

    Attributes:
        made: when it was made (UTC, to the second).
        digest: the first 16 hexadecimal digits of the SHA-256 of its bytes.
        size: in bytes.
    """

    made: datetime
    digest: str
    size: int

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"{self.made:{_STAMP}}-{self.digest}.json"

    @property
    def receipt_name(self) -> str:
        """The name of its receipt's file."""
        return f"{self.made:{_STAMP}}-{self.digest}.receipt.json"


@dataclass(frozen=True)
class Receipt:
    """The endpoint's answer to a report.

    Attributes:
        time: when the answer came (ISO 8601, UTC).
        endpoint: the URL it was sent to, without user and password.
        status: the HTTP status.
        answer: the answer's body as text, shortened.
    """

    time: str
    endpoint: str
    status: int
    answer: str


class Outbox:
    """The three directories below the cachepath.

    Readers (``entries``, ``read``, ``receipt``) need no lock; for all other methods the caller
    holds the lock of all submissions, and calls ``recover`` first. On a fault of the disk every
    method raises FileError and leaves the same state as a kill would.
    """

    def __init__(self, cachepath: Path) -> None:
        self._root = cachepath

    def add(self, data: bytes, now: datetime) -> Entry:
        """Write a report to the outbox, durably before this returns.

        The same bytes in the same second are the same report: it stays in its directory, even if
        an endpoint has answered it.

        Args:
            data: the report.
            now: the time, aware.

        Raises:
            FileError: it cannot be written, and so must not be sent.
        """
        made = now.astimezone(timezone.utc).replace(microsecond=0)
        entry = Entry(made, _digest(data), len(data))
        if entry.size > REPORT_BYTES:
            raise FileError(
                f"a report of {entry.size:,} bytes: too large to be sent",
                "leave metrics out with --disable",
            )
        if not any(entry in self.entries(place) for place in _SETTLED):
            write_atomically(self._directory(Place.OUTBOX) / entry.name, data)
        return entry

    def entries(self, place: Place) -> list[Entry]:
        """List a directory's reports, oldest first; ignore files with other names."""
        found = []
        for name, size in self._files(place).items():
            if _REPORT.fullmatch(name):
                stamp, _, digest = name.removesuffix(".json").partition("-")
                with contextlib.suppress(ValueError):  # the 30th of February
                    made = datetime.strptime(stamp, _STAMP).replace(tzinfo=timezone.utc)
                    found.append(Entry(made, digest, size))
        return sorted(found)

    def read(self, place: Place, entry: Entry) -> bytes:
        """Return a report's bytes, exactly as they were added.

        Raises:
            FileError: it is gone, cannot be read, or was changed.
        """
        path = self._path(place) / entry.name
        with _refusals(path):
            data = read_file(path, REPORT_BYTES)
        if _digest(data) != entry.digest:
            raise FileError(f"{path}: it was changed", "look at it, and move it elsewhere")
        return data

    def receipt(self, place: Place, entry: Entry) -> Receipt | None:
        """Read a report's receipt; None when it is missing or unreadable."""
        data = read_bounded(self._path(place) / entry.receipt_name)
        try:
            match json.loads(data or b""):
                case {
                    "time": str(time),
                    "endpoint": str(endpoint),
                    "status": int(status),
                    "answer": str(answer),
                }:
                    return Receipt(time, endpoint, status, answer)
        except (ValueError, RecursionError):
            pass
        return None

    def settle(self, entry: Entry, place: Settled, receipt: Receipt) -> None:
        """Write the receipt of a waiting report, and then move the report beside it.

        Raises:
            FileError: without a receipt on disk, the report waits and is sent again unchanged;
                with it, ``recover`` finishes the move.
        """
        target = self._directory(place)
        document = json.dumps(asdict(receipt), indent=1) + "\n"
        write_atomically(target / entry.receipt_name, document.encode())
        _move(self._path(Place.OUTBOX) / entry.name, target / entry.name)

    def recover(self) -> None:
        """Finish the moves of a killed run, and remove its temporary files.

        A damaged waiting report is never sent: it goes to quarantine.
        """
        for place in Place:
            left = [name for name in self._files(place) if _TEMPORARY.fullmatch(name)]
            _remove(self._path(place), left)
        for place in _SETTLED:
            self._finish(place)
        for entry in self.entries(Place.OUTBOX):
            path = self._path(Place.OUTBOX) / entry.name
            with _refusals(path):
                try:
                    damaged = _digest(read_file(path, REPORT_BYTES)) != entry.digest
                except OddFileError:
                    damaged = True
            if damaged:
                log.warning("%s is damaged and is not sent: look at it in quarantine", path)
                _move(path, self._directory(Place.QUARANTINE) / entry.name)

    def _finish(self, place: Settled) -> None:
        """Move the waiting reports that have a receipt; delete receipts without a report."""
        directory, outbox = self._path(place), self._path(Place.OUTBOX)
        waiting, settled = self._files(Place.OUTBOX), self._files(place)
        for name in settled:
            if match := _RECEIPT.fullmatch(name):
                report = f"{match[1]}.json"
                if report in waiting and report not in settled:
                    _move(outbox / report, directory / report)
                elif report in waiting:  # a file system that lost half a rename
                    _remove(outbox, [report])
                elif report not in settled:
                    _remove(directory, [name])

    def prune(self, now: datetime) -> None:
        """Delete the oldest waiting and sent reports; the newest of each kind always stays.

        Limits for waiting reports: 21 days and 5 MB; for sent ones: 52 reports and 20 MB, without
        receipts. Refused reports, at most one a week, are never deleted: people must inspect them.
        """
        waiting = self.entries(Place.OUTBOX)
        young = [entry for entry in waiting if now - entry.made <= WAITS_AT_MOST]
        kept = _newest(young or waiting[-1:], OUTBOX_BYTES)
        if dropped := self._drop(Place.OUTBOX, waiting, kept):
            log.warning(
                "%d undelivered report(s) older than %d days or beyond %d MB were dropped: "
                "check the endpoint and the way to it",
                dropped,
                WAITS_AT_MOST.days,
                OUTBOX_BYTES // 1_000_000,
            )
        sent = self.entries(Place.SENT)
        self._drop(Place.SENT, sent, _newest(sent[-SENT_REPORTS:], SENT_BYTES))

    def _drop(self, place: Place, entries: list[Entry], kept: list[Entry]) -> int:
        """Delete all entries but those to keep, each before its receipt; return their number."""
        dropped = entries[: len(entries) - len(kept)]
        names = [name for entry in dropped for name in (entry.name, entry.receipt_name)]
        _remove(self._path(place), names)
        return len(dropped)

    def forget(self) -> None:
        """Delete all waiting reports, so that none is sent later, and all sent ones.

        Quarantine stays.
        """
        for place in (Place.OUTBOX, Place.SENT):
            # A report sorts before its receipt, so a kill leaves no report without one.
            names = sorted(self._files(place))
            ours = (_REPORT, _RECEIPT, _TEMPORARY)
            _remove(
                self._path(place),
                [name for name in names if any(pattern.fullmatch(name) for pattern in ours)],
            )

    def _path(self, place: Place) -> Path:
        return self._root / place.value

    def _directory(self, place: Place) -> Path:
        """Return a place's directory; create it durably when it is missing."""
        directory = self._path(place)
        for path in (self._root, directory):
            with _refusals(path):
                if not path.is_dir():
                    private_directory(path)
                    sync_directory(path.parent)
        return directory

    def _files(self, place: Place) -> dict[str, int]:
        """List a place's regular files (names and sizes in bytes); follow no links."""
        found = {}
        directory, gone = self._path(place), contextlib.suppress(FileNotFoundError)
        with _refusals(directory), gone, os.scandir(directory) as files:
            for file in files:
                with gone:  # readers hold no lock
                    if file.is_file(follow_symlinks=False):
                        found[file.name] = file.stat(follow_symlinks=False).st_size
        return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _newest(entries: list[Entry], limit: int) -> list[Entry]:
    """The newest entries of at most ``limit`` bytes together; always the very newest."""
    total = 0
    for number, entry in enumerate(reversed(entries)):
        total += entry.size
        if number and total > limit:
            return entries[-number:]
    return entries


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(
            f"{path}: {error.strerror or error}",
            "check its permissions, the free space and the disk, then run it again",
        ) from error


def _move(source: Path, target: Path) -> None:
    with _refusals(source):
        source.replace(target)
        sync_directory(target.parent)
        sync_directory(source.parent)


def _remove(directory: Path, names: list[str]) -> None:
    for name in names:
        with _refusals(directory / name):
            (directory / name).unlink(missing_ok=True)
    if names:
        with _refusals(directory):
            sync_directory(directory)
