"""Make public tables from the private dataset: counts of sites, with noise."""
