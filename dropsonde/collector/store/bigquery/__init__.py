"""Finished weeks in BigQuery instead of local files, by load jobs (extra ``bigquery``)."""
