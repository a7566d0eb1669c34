"""Puppet Server's configuration, read no more generously than Puppet Server reads it."""
