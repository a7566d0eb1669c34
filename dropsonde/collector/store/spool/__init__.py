"""The spool: the running week, in SQLite."""
