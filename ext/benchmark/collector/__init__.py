"""The collector under load: ``ext/bench collector``."""
