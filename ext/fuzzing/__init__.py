"""What no client should send, sent to the collector: ``ext/fuzz.py``."""
