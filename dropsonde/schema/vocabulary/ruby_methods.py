"""The methods that Ruby itself defines: ``ruby-*.txt``, each made by ``ruby_methods.rb``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)  # there are 6,500 names, and a server may have many Puppetfiles
def ruby_methods() -> frozenset[str]:
    """The methods of Ruby's core and standard library, without operators and setters.

    One list for each Ruby that a Puppet of today runs on; 3.2 stands between two. A method of
    any of them is Ruby's own.
    """
    lists = (file for file in files(__package__).iterdir() if file.name.endswith(".txt"))
    lines = (line for file in lists for line in file.read_text(encoding="ascii").splitlines())
    return frozenset(line for line in lines if not line.startswith("#"))
