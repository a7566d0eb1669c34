"""The modules of Dropsonde that the probe imports before it knows the command."""

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
