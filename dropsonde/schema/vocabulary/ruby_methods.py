"""The methods that Ruby itself defines: ``ruby_methods.txt``, made by ``ruby_methods.rb``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)  # the file has 4,000 names, and a server may have many Puppetfiles
def ruby_methods() -> frozenset[str]:
    """The methods of Ruby's core and standard library, without operators and setters."""
    text = files(__package__).joinpath("ruby_methods.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))
