"""Send the collector what no client should send: ``ext/fuzz.py``."""
