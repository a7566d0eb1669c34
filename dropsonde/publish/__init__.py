"""Everything public, made from releases alone: dataset, static API, pages."""
