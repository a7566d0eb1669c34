"""DuckDB, the default engine."""
