"""Runs one command: settings, logging, and every error in one line with its exit code."""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
import traceback
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde import streams
from dropsonde.errors import ClosedPipeError, ConfigError, DropsondeError, TerminatedRunError
from dropsonde.options import OPTIONS
from dropsonde.privileges import become_owner
from dropsonde.puppet.layout import directories
from dropsonde.settings import resolve

if TYPE_CHECKING:
    import argparse

    from dropsonde.probe import Probe
    from dropsonde.settings import Settings

# Commands that write nothing, wherever they are run.
_LOOKING = frozenset({"diff", "history", "status", "verify"})


class Run:
    """What a command is given.

    Attributes:
        arguments: the command's own options.
        environ: the environment's variables.
    """

    write = staticmethod(streams.write)
    write_lines = staticmethod(streams.write_lines)

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.environ = dict(os.environ)
        self._uid = os.geteuid()

    @property
    def given(self) -> dict[str, object]:
        """The settings that stand on the command line."""
        values = vars(self.arguments)
        return {option.name: values[option.name] for option in OPTIONS if option.name in values}

    @property
    def config(self) -> Path:
        """telemetry.yaml: --config, else in the directory above Puppet's confdir."""
        named = getattr(self.arguments, "config", None)
        return self._confdir.parent / "telemetry.yaml" if named is None else Path(named)

    @cached_property
    def _confdir(self) -> Path:
        layout = directories(root=Path("/"), home=Path.home(), uid=self._uid)
        return Path(self.environ.get("PUPPET_CONFDIR") or layout["confdir"])

    @cached_property
    def settings(self) -> Settings:
        """Defaults, telemetry.yaml and the command line, overlaid."""
        named = hasattr(self.arguments, "config")
        # The made-up site is not configured by the real one.
        made_up = getattr(self.arguments, "demo", False) and not named
        made = resolve(self.given, None if made_up else self.config, required=named)
        if made.verbose:  # telemetry.yaml may say so, too
            logging.getLogger("dropsonde").setLevel(logging.DEBUG)
        return made

    @cached_property
    def probe(self) -> Probe:
        """This site's parts; root is the owner of the state directory from here on.

        Whose directories Puppet has do not depend on it: root asks for the system's, as before.
        """
        from dropsonde.probe import Probe

        settings = self.settings  # telemetry.yaml may be root's alone
        become_owner(self._confdir)
        # Before Puppet's settings are asked for more: they look around in there.
        if vardir := settings.cachepath or self.environ.get("PUPPET_VARDIR"):
            become_owner(Path(vardir))
        writes = self.arguments.command not in _LOOKING
        probe = Probe(settings, self.environ, uid=self._uid, writes=writes)
        become_owner(probe.cachepath)
        return probe


def run(arguments: argparse.Namespace) -> int:
    """Run the command that the arguments name, and return the exit code."""
    this = Run(arguments)
    # As with Ctrl-C, half-written files are taken away before the process ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TerminatedRunError.exit_code))
    _log_to_stderr(verbose=bool(getattr(arguments, "verbose", False)))
    try:
        _require_home()
        command = importlib.import_module(f"dropsonde.cli.{arguments.command}_command")
        return int(command.run(this))
    except ClosedPipeError as error:
        return error.exit_code
    except DropsondeError as error:
        _say(str(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # a fault of ours is one line too
        kind = type(error).__name__
        _say(f"unexpected {kind}: please report it; -v shows where")
        return DropsondeError.exit_code


def _require_home() -> None:
    """Puppet's directories depend on it, and a user of a container may have none."""
    try:
        Path.home()
    except RuntimeError as error:
        raise ConfigError("this user has no home directory", "set HOME to one") from error


def _say(line: str) -> None:
    if logging.getLogger("dropsonde").isEnabledFor(logging.DEBUG):
        traceback.print_exc()
    streams.say(line)


def _log_to_stderr(*, verbose: bool) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("dropsonde: %(message)s"))
    logger = logging.getLogger("dropsonde")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
