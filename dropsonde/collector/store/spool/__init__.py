"""The spool: the current week, in SQLite."""
