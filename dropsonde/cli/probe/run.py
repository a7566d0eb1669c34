"""The context of every command of ``dropsonde``: options, settings, and the site's parts."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common import console
from dropsonde.common.errors import ConfigError
from dropsonde.settings.options import OPTIONS
from dropsonde.settings.resolve import resolve
from dropsonde.site.puppet.layout import directories

if TYPE_CHECKING:
    from dropsonde.report.probe import Probe
    from dropsonde.settings.resolve import Settings
    from dropsonde_puppetserver.switch import Off

# Commands that write nothing, wherever they are run.
_LOOKING = frozenset({"diff", "history", "status", "verify"})
# Takes data back: whoever switches dropsonde off must be able to.
_ALWAYS_ASKS = "forget"


class Run:
    """The context of a command.

    Attributes:
        arguments: the command's own options.
        environ: the environment's variables.
    """

    write = staticmethod(console.write)
    write_lines = staticmethod(console.write_lines)

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.environ = dict(os.environ)
        self._uid = os.geteuid()

    @property
    def given(self) -> dict[str, object]:
        """The settings given on the command line."""
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
        if made.verbose:  # telemetry.yaml may also set it
            logging.getLogger("dropsonde").setLevel(logging.DEBUG)
        return made

    def switched_off(self) -> Off | None:
        """What switches dropsonde off now; None where nothing does."""
        from dropsonde_puppetserver.switch import switched_off

        return switched_off(self.environ, self._confdir)

    def require_switched_on(self) -> None:
        """Raise an error where dropsonde is switched off.

        Raises:
            SwitchedOffError: it is.
        """
        if (off := self.switched_off()) is not None:
            raise off.error()

    @cached_property
    def probe(self) -> Probe:
        """This site's parts; from here on, root acts as the owner of the state directory.

        Puppet's directories do not depend on that: for root, they remain the system's.
        """
        from dropsonde.common.privileges import become_owner
        from dropsonde.report.probe import Probe
        from dropsonde_puppetserver.enterprise import refuse_enterprise

        settings = self.settings  # telemetry.yaml may be root's alone
        off = None
        if self.arguments.command != _ALWAYS_ASKS:
            refuse_enterprise()
            off = self.switched_off()
        become_owner(self._confdir)
        # Before Puppet's other settings are resolved, which reads that directory.
        if vardir := settings.cachepath or self.environ.get("PUPPET_VARDIR"):
            become_owner(Path(vardir))
        writes = self.arguments.command not in _LOOKING
        probe = Probe(settings, self.environ, uid=self._uid, writes=writes, off=off)
        become_owner(probe.cachepath)
        return probe


def run(arguments: argparse.Namespace) -> int:
    """Run the command that the arguments name, and return the exit code."""
    _require_home()
    command = importlib.import_module(f"dropsonde.cli.probe.{arguments.command}_command")
    return int(command.run(Run(arguments)))


def log(*, verbose: bool) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("dropsonde: %(message)s"))
    logger = logging.getLogger("dropsonde")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)


def _require_home() -> None:
    """Refuse a user without a home, as in some containers: Puppet's directories depend on it."""
    try:
        Path.home()
    except RuntimeError as error:
        raise ConfigError("this user has no home directory", "set HOME to one") from error
