"""Every error that a user can meet, with its exit code and what it means.

A message is one line: what happened, where, and what to do about it. It never holds a secret, nor a
name that a report may not hold. The table of exit codes in the README is made from these classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropsonde.delivery import Answer


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

    Attributes:
        answer: what it said; set by whoever raises this.
    """

    exit_code = 11
    meaning = "The endpoint refused a report; it is kept in quarantine."
    answer: Answer


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


def exit_codes() -> dict[int, str]:
    """Every exit code of dropsonde, in order, and what it means; the collector's are its own."""
    known = {0: "Done; nothing is missing."}
    own = [kind for kind in DropsondeError.__subclasses__() if kind.__module__ == __name__]
    kinds: list[type[DropsondeError]] = [DropsondeError, *own]
    for kind in kinds:
        known.setdefault(kind.exit_code, kind.meaning)
    return dict(sorted(known.items()))
