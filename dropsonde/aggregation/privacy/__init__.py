"""What keeps a release from telling of one site: k-anonymity, bounds, noise, and its budget."""
