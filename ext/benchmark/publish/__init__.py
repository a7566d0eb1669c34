"""Publishing of made-up releases: ``ext/bench publish``."""
