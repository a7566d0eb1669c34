"""The lowest layer: errors, files, the console, weeks, privileges and trusted paths."""
