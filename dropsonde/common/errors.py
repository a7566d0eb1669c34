"""Every error that a user of either program can meet, with its exit code and its meaning.

A message is one line: what happened, where, and what to do about it. It never holds a secret, a
name that a report may not hold, a site id, an address, or a value from a report. The docs' tables
of exit codes are generated from these classes; codes 20 to 99 are the collector's.
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
    meaning = "A bug in dropsonde itself; `-v` shows the traceback."

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """The message for the user, as one line."""
        line = f"{self.what}: {self.advice}" if self.advice else self.what
        return " ".join(line.split())


class UsageError(DropsondeError):
    """The command line cannot be understood (argparse uses the same code)."""

    exit_code = 2
    meaning = "The command line cannot be understood."


class ConfigError(DropsondeError):
    """telemetry.yaml or a setting is invalid; nothing was run."""

    exit_code = 3
    meaning = "A setting or `telemetry.yaml` is wrong; nothing was run."


class PuppetError(DropsondeError):
    """The Puppet installation cannot be read."""

    exit_code = 4
    meaning = "Puppet's configuration cannot be read."


class ForgeError(DropsondeError):
    """The Forge did not return its module list."""

    exit_code = 5
    meaning = "The Forge did not give its list of modules; the list at hand is unchanged."


class IncompleteError(DropsondeError):
    """A report was built without some of its columns."""

    exit_code = 6
    meaning = "The report was made without some columns: PuppetDB or a metric failed."


class PluginError(DropsondeError):
    """A metric cannot be loaded, or conflicts with another."""

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
    """The endpoint cannot be reached, or does not accept a report now."""

    exit_code = 10
    meaning = "A report could not be delivered; it waits and goes first next time."


class RefusedReportError(DropsondeError):
    """The endpoint refused a report for good.

    Args:
        what: what happened and where.
        advice: what the user can do about it.
        status: the HTTP status code.
        text: the body of the response; not safe to print on a terminal.
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
    """The endpoint does not support deletion, or not for this site."""

    exit_code = 13
    meaning = "The endpoint offers this site no deletion; what is on this server was forgotten."


class AttentionError(DropsondeError):
    """The submissions need attention; for monitoring."""

    exit_code = 14
    meaning = "`status` found something that needs attention."


class NotOptedInError(DropsondeError):
    """Puppet Server's configuration does not clearly opt in to sending reports."""

    exit_code = 15
    meaning = "Puppet Server's configuration holds no clear opt-in; nothing was sent."


class IntegrationError(DropsondeError):
    """This host has no Puppet Server, or the integration's files are not as installed."""

    exit_code = 16
    meaning = "This host has no Puppet Server, or the integration is not as it should be."


class ForgedReceiptError(DropsondeError):
    """A report's signed receipt is not its endpoint's, or is for other bytes."""

    exit_code = 17
    meaning = "The receipt of a report is not valid: its signature or its hash does not match."


class NoEndpointError(DropsondeError):
    """No endpoint is named, and this host's Puppet Server has no default one."""

    exit_code = 18
    meaning = "There is no endpoint: none is named, and there is no default here; nothing was sent."


class OperatorChangedError(DropsondeError):
    """The endpoint is run by another operator than the one that was accepted."""

    exit_code = 19
    meaning = "The endpoint's operator has changed; nothing is sent until `dropsonde accept`."


class NotOneSiteError(DropsondeError):
    """This server may be one of several of a site, and has a seed of its own."""

    exit_code = 100
    meaning = "A compiler that shares no seed with its site; nothing was sent on schedule."


class SwitchedOffError(DropsondeError):
    """The administrator, or DO_NOT_TRACK, switches off all that leaves this host."""

    exit_code = 101
    meaning = "Switched off by `DO_NOT_TRACK` or `dropsonde.disabled`; nothing was sent or asked."


class EnterpriseError(DropsondeError):
    """This host is a server of Puppet Enterprise."""

    exit_code = 102
    meaning = "Puppet Enterprise is not supported; nothing was done."


class PuppetDBError(DropsondeError):
    """PuppetDB did not answer; the report that needed it is incomplete."""

    exit_code = IncompleteError.exit_code
    meaning = IncompleteError.meaning


class DataDirectoryError(DropsondeError):
    """The data directory is missing, not private, or another user's."""

    exit_code = 20
    meaning = "The collector's data directory cannot be used; nothing was changed."


class CollectorBusyError(DropsondeError):
    """Another collector holds the data directory."""

    exit_code = 21
    meaning = "Another collector is running on the data directory; nothing was done."


class QueryError(DropsondeError):
    """A query is not valid SQL, does not fit the dataset, or is not allowed."""

    exit_code = 22
    meaning = "The query cannot be run."


class StoreUnavailableError(DropsondeError):
    """The store cannot be read or written now; acknowledged rows are safe."""

    exit_code = 23
    meaning = "The collector's store cannot be read or written."


class StoreFullError(StoreUnavailableError):
    """The disk is full; the store accepts rows again as soon as there is space."""

    exit_code = 24
    meaning = "The collector's disk is full; nothing acknowledged was lost."


class SpoolDamagedError(StoreUnavailableError):
    """The spool's file is damaged; the running or next collector sets it aside."""

    exit_code = 25
    meaning = "The collector's spool is damaged; a running collector begins a new one."


class SchemaError(DropsondeError):
    """The schema does not fit the dataset: a column was retyped, or two have the same name."""

    exit_code = 26
    meaning = "The schema does not fit the collector's dataset; nothing was changed."


class BackupError(DropsondeError):
    """A backup failed; the partial backup was removed."""

    exit_code = 27
    meaning = "The backup was not made."


class BigQueryError(StoreUnavailableError):
    """BigQuery is unreachable, refused, or failed; rows and deletions wait."""

    exit_code = 28
    meaning = "BigQuery is unreachable or failed; rows and deletions wait and are tried again."


class EngineError(DropsondeError):
    """The engine that counts a week failed, or would cost too much."""

    exit_code = 29
    meaning = "The engine that counts failed or would cost too much; nothing was released."


class WeekOpenError(DropsondeError):
    """The week is not over, so its counts would still change."""

    exit_code = 30
    meaning = "The week is not finished; nothing was counted."


class AlreadyReleasedError(DropsondeError):
    """The week is public already, and a week is released once."""

    exit_code = 31
    meaning = "The week is already released; nothing was changed."


class BudgetSpentError(DropsondeError):
    """The release costs more than the rest of the year's privacy budget."""

    exit_code = 33
    meaning = "The year's privacy budget does not allow another release; nothing was released."


class LedgerError(DropsondeError):
    """The ledger of the privacy budget cannot be read, or lacks a release."""

    exit_code = 34
    meaning = "The ledger of the privacy budget cannot be trusted; nothing was released."


class HeldBackError(DropsondeError):
    """A week differs unusually from the week before; a person has to review it."""

    exit_code = 35
    meaning = "The week looks unusual and is held back for review; nothing was released."


class PublicRootError(DropsondeError):
    """The public files cannot be written, or other files are in the way."""

    exit_code = 36
    meaning = "Nothing was published; the public files are unchanged."


class ClockError(StoreUnavailableError):
    """The clock differs by more than a day from the data directory's or the kernel's time."""

    exit_code = 37
    meaning = "The clock jumped by more than a day; nothing was changed until a person confirms it."


class WeekDamagedError(StoreUnavailableError):
    """A finished week's file is not what was written; it is left unchanged."""

    exit_code = 38
    meaning = "A finished week's file is damaged; it is left unchanged, and was not read."


class InterruptedRunError(DropsondeError):
    """The user pressed Ctrl-C."""

    exit_code = 130
    meaning = "Interrupted (Ctrl-C); nothing was left half written."


class TerminatedRunError(DropsondeError):
    """The process received SIGTERM; only the exit code reports it."""

    exit_code = 143
    meaning = "Ended by SIGTERM; nothing was left half written."


class ClosedPipeError(DropsondeError):
    """The reader of standard output closed the pipe; only the exit code reports it."""

    exit_code = 141
    meaning = "The reader of standard output closed it early, as `| head` does."


_OF_COLLECTOR = range(20, 100)
# Kinds below 20 that the collector also raises.
_OF_BOTH = (DropsondeError, UsageError, ConfigError, FileError)
_ENDINGS = (InterruptedRunError, ClosedPipeError, TerminatedRunError)


def exit_codes() -> dict[int, str]:
    """Every exit code of ``dropsonde``, in order, and its meaning."""
    kinds: list[type[DropsondeError]] = [DropsondeError, *_below(DropsondeError)]
    of_probe = (kind for kind in kinds if kind.exit_code not in _OF_COLLECTOR)
    return _table("Done; nothing is missing.", of_probe)


def collector_exit_codes() -> dict[int, str]:
    """Every exit code of ``dropsonde-collector``, in order, and its meaning."""
    own = (kind for kind in _below(DropsondeError) if kind.exit_code in _OF_COLLECTOR)
    return _table("Done; of `serve`: ended when it was asked to.", (*_OF_BOTH, *_ENDINGS, *own))


def _table(done: str, kinds: Iterable[type[DropsondeError]]) -> dict[int, str]:
    known = {0: done}
    for kind in kinds:
        known.setdefault(kind.exit_code, kind.meaning)
    return dict(sorted(known.items()))


def _below(kind: type[DropsondeError]) -> Iterator[type[DropsondeError]]:
    """This module's subclasses of a kind; others, such as a metric's own, are not documented."""
    for subclass in kind.__subclasses__():
        if subclass.__module__ == __name__:
            yield subclass
            yield from _below(subclass)
