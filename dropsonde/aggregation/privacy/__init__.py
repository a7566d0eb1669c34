"""What keeps a release from revealing a site: k-anonymity, bounds, noise, and its budget."""
