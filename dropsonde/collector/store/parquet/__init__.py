"""The finished weeks: Parquet files that DuckDB writes and reads."""
