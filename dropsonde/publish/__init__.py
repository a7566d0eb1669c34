"""All that the public sees, made from releases alone: dataset, static API, pages."""
