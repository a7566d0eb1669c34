"""Render reports for people."""
