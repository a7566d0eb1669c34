"""Opt-in telemetry for Puppet and OpenVox infrastructures."""

__version__ = "0.2.0"
