"""The finished weeks, in Parquet, read by DuckDB."""
