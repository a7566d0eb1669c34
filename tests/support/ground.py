"""What a start of the probe imports of ours before a command is known."""

from __future__ import annotations

GROUND = {
    "dropsonde",
    "dropsonde.cli",
    "dropsonde.cli.probe",
    "dropsonde.cli.probe.parser",
    "dropsonde.cli.program",
    "dropsonde.common",
    "dropsonde.common.console",
    "dropsonde.common.errors",
    "dropsonde.settings",
    "dropsonde.settings.options",
}
