"""Build, compare and show reports."""
