"""Spark, a second engine, to check the first."""
