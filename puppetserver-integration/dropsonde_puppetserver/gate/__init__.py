"""The gate before pyhocon: what Puppet Server's configuration says plainly, and nothing else."""
