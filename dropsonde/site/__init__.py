"""What a site is and runs: Puppet, PuppetDB, the Forge, and what of it is public."""
