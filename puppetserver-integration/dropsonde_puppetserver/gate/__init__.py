"""The gate before pyhocon: accept only plain statements of Puppet Server's configuration."""
