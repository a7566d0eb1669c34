"""Dropsonde in Puppet Server: configuration, subcommand, schedule and installation."""
