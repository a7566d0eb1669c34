"""The collector's own errors, with their exit codes.

As :mod:`dropsonde.errors`: one line each, what happened, where, and what to do. No message holds a
site id, an address, or a value from a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.errors import (
    ClosedPipeError,
    ConfigError,
    DropsondeError,
    FileError,
    InterruptedRunError,
    TerminatedRunError,
    UsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDINGS = (InterruptedRunError, ClosedPipeError, TerminatedRunError)


class DataDirectoryError(DropsondeError):
    """The data directory is missing, not private, or not ours."""

    exit_code = 20
    meaning = "The collector's data directory cannot be used; nothing was changed."


class CollectorBusyError(DropsondeError):
    """Another collector holds the data directory."""

    exit_code = 21
    meaning = "Another collector is running on the data directory; nothing was done."


class QueryError(DropsondeError):
    """A query is not SQL, does not fit the dataset, or may not be run."""

    exit_code = 22
    meaning = "The query cannot be run."


class StoreUnavailableError(DropsondeError):
    """The store cannot take or give rows now; what it acknowledged is safe."""

    exit_code = 23
    meaning = "The collector's store cannot be read or written."


class StoreFullError(StoreUnavailableError):
    """There is no space left; the next row is taken as soon as there is."""

    exit_code = 24
    meaning = "The collector's disk is full; nothing acknowledged was lost."


class SpoolDamagedError(StoreUnavailableError):
    """The spool's file is damaged; a running collector sets it aside, or the next one does."""

    exit_code = 25
    meaning = "The collector's spool is damaged; a collector that runs begins a new one."


class SchemaError(DropsondeError):
    """The schema cannot be the dataset's: a column was retyped, or two have one name."""

    exit_code = 26
    meaning = "The schema does not fit the collector's dataset; nothing was changed."


class BackupError(DropsondeError):
    """A backup could not be made; what there was of it is removed."""

    exit_code = 27
    meaning = "The backup was not made."


class BigQueryError(StoreUnavailableError):
    """BigQuery is away, refuses, or failed; rows and deletions wait."""

    exit_code = 28
    meaning = "BigQuery did not do its part; what it was to take waits, and is tried again."


class EngineError(DropsondeError):
    """What counts a week failed, or would cost too much."""

    exit_code = 29
    meaning = "The engine that counts did not do its part; nothing was released."


class WeekOpenError(DropsondeError):
    """The week is not over, so what was counted would change."""

    exit_code = 30
    meaning = "The week is not finished; nothing was counted."


class AlreadyReleasedError(DropsondeError):
    """The week is public, and a week is released once."""

    exit_code = 31
    meaning = "The week is released already; nothing was changed."


class CorrectionRefusedError(DropsondeError):
    """A correction differs so little from what is public that the difference tells of few sites."""

    exit_code = 32
    meaning = "The correction would give away what few sites reported; nothing was released."


class BudgetSpentError(DropsondeError):
    """The release costs more privacy than is left of the year's budget."""

    exit_code = 33
    meaning = "The year's privacy budget does not allow another release; nothing was released."


class LedgerError(DropsondeError):
    """The ledger of the privacy budget cannot be read, or lacks what was released."""

    exit_code = 34
    meaning = "The ledger of the privacy budget cannot be trusted; nothing was released."


class HeldBackError(DropsondeError):
    """A week looks odd beside the one before; a person has to look at it."""

    exit_code = 35
    meaning = "The week looks unusual and is held back for a person; nothing was released."


class PublicRootError(DropsondeError):
    """The public files cannot be written, or stand where something else does."""

    exit_code = 36
    meaning = "Nothing was published; readers have what was public before."


class ClockError(StoreUnavailableError):
    """The clock is more than a day from what the data directory, or the kernel, says."""

    exit_code = 37
    meaning = "The clock jumped by more than a day; nothing was changed until a person confirms it."


class WeekDamagedError(StoreUnavailableError):
    """A finished week's file is not what was written; it is left alone."""

    exit_code = 38
    meaning = "A finished week's file is damaged; it is left as it is, and nothing was read of it."


def exit_codes() -> dict[int, str]:
    """Every exit code of ``dropsonde-collector``, in order, and what it means."""
    known = {0: "Done; of `serve`: ended when it was asked to."}
    shared: tuple[type[DropsondeError], ...] = (
        DropsondeError,
        UsageError,
        ConfigError,
        FileError,
        *_ENDINGS,
    )
    own = [kind for kind in _below(DropsondeError) if kind.__module__ == __name__]
    for kind in (*shared, *own):
        known.setdefault(kind.exit_code, kind.meaning)
    return dict(sorted(known.items()))


def _below(kind: type[DropsondeError]) -> Iterator[type[DropsondeError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
