"""DuckDB, the engine that counts by default."""
