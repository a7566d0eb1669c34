"""From the private dataset to public tables: patterns that give no site away."""
