"""Read a Puppet installation without Ruby: settings, environments, modules, manifests."""
