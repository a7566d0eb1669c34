"""The made-up Puppet site, the made-up weeks, and a collector that plays them."""
