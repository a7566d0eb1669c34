"""Install and remove dropsonde's parts in Puppet Server and on its host."""
