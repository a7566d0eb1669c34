"""What runs plans: one module an engine."""
