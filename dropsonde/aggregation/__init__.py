"""Make public tables from the private dataset: patterns that reveal no site."""
