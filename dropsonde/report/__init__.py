"""A report: its parts, how it is built, compared and shown."""
