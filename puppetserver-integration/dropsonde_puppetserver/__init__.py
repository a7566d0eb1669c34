"""Dropsonde within Puppet Server: its configuration, the subcommand, the schedule, installation."""
