"""Spark, a second engine and a witness."""
