"""Count the calls of Ruby's own methods in a Puppetfile.

A Puppetfile is a Ruby program: besides r10k's ``mod``, ``forge`` and ``moduledir`` a site may call
anything, and the names of its own helpers must not leave the site. So a name is public only when
Ruby itself defines it (``schema.vocabulary``) and the Puppetfile does not redefine it. The program
is parsed, never run.

Calls are those of Ruby's own parser: calls with and without receiver, arguments or block, and a
bare name that is not a local variable at that point. Not calls: ``super``, ``yield``, operators and
indexing (also when written ``a.+(b)``), and the left side of an assignment (``a.b = 1``,
``a.b += 1``, ``a.b, c = d``); receivers and arguments on that left side are read as usual. ``a.()``
calls ``call``.

Limits: an interpolation in a heredoc is read in the heredoc's text, so a parameter of a one-line
block that opens the heredoc is unknown there and counts as a call; after a local variable x,
``x /y/z`` and ``x <<Y`` are read as a regular expression and a heredoc; ``define_method`` with a
computed name does not count as a definition. A file with syntax that the grammar does not know
(``def a = puts "x"``) does not parse. Ruby is sometimes stricter: it refuses text that is not
UTF-8.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from dropsonde.schema.vocabulary.ruby_methods import ruby_methods
from dropsonde.site.puppet.ruby_walk import walk

MAX_BYTES = 256 * 1024  # some 7,000 modules
R10K_METHODS = frozenset({"mod", "forge", "moduledir"})


@dataclass(frozen=True)
class Calls:
    """The method calls of one Puppetfile.

    Attributes:
        counts: calls of each method that Ruby itself defines, by its name.
        withheld: number of calls whose name is private.
        parsed: False for a Puppetfile that does not parse as Ruby; nothing is counted then.
    """

    counts: Mapping[str, int]
    withheld: int
    parsed: bool


def is_readable(source: bytes) -> bool:
    """Whether a Puppetfile is small enough, and no damaged file."""
    # Ruby takes a NUL for the end of the program; a file that holds one is damaged.
    return len(source) <= MAX_BYTES and b"\0" not in source


def ruby_calls(source: bytes) -> Calls:
    """Count the method calls of a Puppetfile, except those of r10k's own methods.

    Never raises: a file that is larger than :data:`MAX_BYTES`, binary, invalid Ruby, or made to
    keep the parser busy gives ``Calls({}, 0, parsed=False)``.
    """
    seen = walk(source) if is_readable(source) else None
    if seen is None:
        return Calls({}, 0, parsed=False)
    public = ruby_methods() - seen.defined
    calls = Counter({name: n for name, n in seen.called.items() if name not in R10K_METHODS})
    counts = {name: calls[name] for name in sorted(calls) if name in public}
    return Calls(counts, calls.total() - sum(counts.values()), parsed=True)
