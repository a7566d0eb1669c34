"""What the noise of a release hides: units, weights, noise, and its budget."""
