"""Read a site (Puppet, PuppetDB, the Forge) and decide what of it is public."""
