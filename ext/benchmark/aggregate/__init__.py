"""The week's queries over made-up sites: ``ext/bench aggregate``."""
