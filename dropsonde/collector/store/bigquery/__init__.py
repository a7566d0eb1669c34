"""Past one machine: finished weeks in BigQuery, loaded by load jobs (extra ``bigquery``)."""
