"""What `dropsonde integrate` puts into Puppet Server and onto its host, and takes out again."""
