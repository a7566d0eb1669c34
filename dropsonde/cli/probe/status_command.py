"""``dropsonde status``: say what is sent, when, and what waits or stays home."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dropsonde.common.clock import utc_now
from dropsonde.common.errors import AttentionError, DropsondeError
from dropsonde.report.attention import Level
from dropsonde.report.formats import monitoring
from dropsonde.report.formats import status as formats
from dropsonde.report.status import state
from dropsonde_puppetserver.authority import read_authority
from dropsonde_puppetserver.server import read_server

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


def run(this: Run) -> int:
    """Print the state; the exit code says whether it needs attention."""
    if this.arguments.format == "nagios":
        return _plugin(this)
    found = _state(this)
    if this.arguments.format == "prometheus":  # its numbers say what needs attention
        this.write_lines([monitoring.prometheus(found)])
        return 0
    if this.arguments.format == "json":
        this.write_lines([json.dumps(found, indent=1)])
    else:
        this.write_lines(formats.human(found))
    if found["attention"]:
        raise AttentionError("; ".join(found["attention"]), "puppetserver-dropsonde(8) says more")
    return 0


def _plugin(this: Run) -> int:
    """Be a monitoring plugin: every outcome is a line on standard output, and 0 to 3."""
    try:
        found = _state(this)
    except DropsondeError as error:
        this.write_lines([monitoring.plugin_line(Level.UNKNOWN, str(error))])
        return Level.UNKNOWN
    this.write_lines([monitoring.nagios(found, utc_now())])
    return monitoring.level_of(found)


def _state(this: Run) -> dict[str, Any]:
    server, authority = read_server(this.environ), read_authority(this.environ)
    this.environ = dict(server.environ)  # the state is that of the schedule, whoever asks
    off = this.switched_off()  # before root becomes another user
    return state(this.probe, server, authority, off)
