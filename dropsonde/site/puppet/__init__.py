"""A Puppet installation, read without Ruby: settings, environments, modules, manifests."""
