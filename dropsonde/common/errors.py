"""Every error that a user of either program can meet, with its exit code and what it means.

A message is one line: what happened, where, and what to do about it. It never holds a secret, a
name that a report may not hold, a site id, an address, or a value from a report. The tables of exit
codes in the docs are made from these classes; those from 20 to 99 are the collector's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class DropsondeError(Exception):
    """Base of all expected errors.

    Args:
        what: what happened and where, without a full stop.
        advice: what the user can do about it.
    """

    exit_code = 1
    meaning = "A fault of dropsonde itself; `-v` shows the traceback."

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """The one line for the user."""
        line = f"{self.what}: {self.advice}" if self.advice else self.what
        return " ".join(line.split())


class UsageError(DropsondeError):
    """The command line cannot be understood (argparse uses the same code)."""

    exit_code = 2
    meaning = "The command line cannot be understood."


class ConfigError(DropsondeError):
    """telemetry.yaml or a setting is wrong; nothing was run."""

    exit_code = 3
    meaning = "A setting or `telemetry.yaml` is wrong; nothing was run."


class PuppetError(DropsondeError):
    """The Puppet installation cannot be read."""

    exit_code = 4
    meaning = "Puppet's configuration cannot be read."


class ForgeError(DropsondeError):
    """The Forge did not give its module list."""

    exit_code = 5
    meaning = "The Forge did not give its list of modules; the list at hand is unchanged."


class IncompleteError(DropsondeError):
    """A report was made, but some of its columns could not be gathered."""

    exit_code = 6
    meaning = "The report was made without some columns: PuppetDB or a metric failed."


class PluginError(DropsondeError):
    """A metric cannot be loaded, or clashes with another."""

    exit_code = 7
    meaning = "A metric cannot be loaded or clashes with another; nothing was run."


class FileError(DropsondeError):
    """A file or directory of dropsonde's own cannot be read or written."""

    exit_code = 8
    meaning = "A file or directory cannot be read or written."


class SiteIdError(DropsondeError):
    """The site id cannot be computed."""

    exit_code = 9
    meaning = "The site id cannot be computed."


class DeliveryError(DropsondeError):
    """The endpoint cannot be reached, or does not take a report now."""

    exit_code = 10
    meaning = "A report could not be delivered; it waits and goes first next time."


class RefusedReportError(DropsondeError):
    """The endpoint refused a report for good.

    Args:
        what: what happened and where.
        advice: what the user can do about it.
        status: of HTTP.
        text: what it said; not fit for a terminal.
    """

    exit_code = 11
    meaning = "The endpoint refused a report; it is kept in quarantine."

    def __init__(self, what: str, advice: str, *, status: int, text: str) -> None:
        super().__init__(what, advice)
        self.status = status
        self.text = text


class BusyError(DropsondeError):
    """Another submission holds the lock."""

    exit_code = 12
    meaning = "Another submission is running; nothing was done."


class NoDeletionError(DropsondeError):
    """The endpoint knows no way to delete a site's reports, or none for this site."""

    exit_code = 13
    meaning = "The endpoint offers this site no deletion; what is on this server was forgotten."


class AttentionError(DropsondeError):
    """Something about the submissions wants looking at; for monitoring."""

    exit_code = 14
    meaning = "`status` found something that wants looking at."


class NotOptedInError(DropsondeError):
    """Puppet Server's configuration does not say, beyond doubt, that reports may be sent."""

    exit_code = 15
    meaning = "Puppet Server's configuration holds no clear opt-in; nothing was sent."


class IntegrationError(DropsondeError):
    """No Puppet Server is here, or its files are not as they should be."""

    exit_code = 16
    meaning = "There is no Puppet Server here, or the integration is not as it should be."


class ForgedReceiptError(DropsondeError):
    """The signed receipt of a report is not its endpoint's, or not of the report's bytes."""

    exit_code = 17
    meaning = "The receipt of a report does not hold: its signature or its bytes are others."


class PuppetDBError(DropsondeError):
    """PuppetDB did not answer; the report that needed it is incomplete."""

    exit_code = IncompleteError.exit_code
    meaning = IncompleteError.meaning


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


class InterruptedRunError(DropsondeError):
    """The user pressed Ctrl-C."""

    exit_code = 130
    meaning = "Interrupted (Ctrl-C); nothing was left half written."


class TerminatedRunError(DropsondeError):
    """The process was asked to end (SIGTERM); said by the exit code alone."""

    exit_code = 143
    meaning = "Ended by SIGTERM; nothing was left half written."


class ClosedPipeError(DropsondeError):
    """The reader of standard output went away; said by the exit code alone."""

    exit_code = 141
    meaning = "The reader of standard output closed it early, as `| head` does."


_OF_COLLECTOR = range(20, 100)
# Of the others' kinds, those that the collector meets, too.
_OF_BOTH = (DropsondeError, UsageError, ConfigError, FileError)
_ENDINGS = (InterruptedRunError, ClosedPipeError, TerminatedRunError)


def exit_codes() -> dict[int, str]:
    """Every exit code of ``dropsonde``, in order, and what it means."""
    kinds: list[type[DropsondeError]] = [DropsondeError, *_below(DropsondeError)]
    of_probe = (kind for kind in kinds if kind.exit_code not in _OF_COLLECTOR)
    return _table("Done; nothing is missing.", of_probe)


def collector_exit_codes() -> dict[int, str]:
    """Every exit code of ``dropsonde-collector``, in order, and what it means."""
    own = (kind for kind in _below(DropsondeError) if kind.exit_code in _OF_COLLECTOR)
    return _table("Done; of `serve`: ended when it was asked to.", (*_OF_BOTH, *_ENDINGS, *own))


def _table(done: str, kinds: Iterable[type[DropsondeError]]) -> dict[int, str]:
    known = {0: done}
    for kind in kinds:
        known.setdefault(kind.exit_code, kind.meaning)
    return dict(sorted(known.items()))


def _below(kind: type[DropsondeError]) -> Iterator[type[DropsondeError]]:
    """The kinds of this module; others, as of a metric's own, have no line in a table."""
    for each in kind.__subclasses__():
        if each.__module__ == __name__:
            yield each
            yield from _below(each)
