"""The vocabulary of each key: which words or numbers it can be in any report.

A key of other values is refused: groups that are not known beforehand cannot all be counted, and
those that are left out would tell what a site has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.aggregation.evaluation import value
from dropsonde.aggregation.known import UnknownError, numbers
from dropsonde.aggregation.plan import Call, Length, Operator, Value, leaves
from dropsonde.aggregation.privacy.unit import MOST_MODULES
from dropsonde.schema.model import Domain, Type
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_releases import systems
from dropsonde.schema.vocabulary.puppet_versions import known_minor_versions
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Key
    from dropsonde.schema.model import Column

MOST_GROUPS = 2_500_000  # of a table, each of which costs 10 µs and some bytes a week


class Vocabulary(NamedTuple):
    """What a key can be.

    Attributes:
        words: what they are, in a few words.
        size: about how many there are; of each module, for what belongs to one.
        of_module: whether each module has its own.
        domain: of words; None for numbers.
        part: the part of the word that is meant; None for the whole.
    """

    words: str
    size: int
    of_module: bool = False
    domain: Domain | None = None
    part: Operator | None = None


# Sizes of what modules have are those of the Forge, rounded up.
_MAJORS = Vocabulary(
    "majors of each module's releases",
    5,
    of_module=True,
    domain=Domain.VERSION,
    part=Operator.FIRST_PART,
)
_PUPPETS = Vocabulary(
    "majors of Puppet's versions, and null",
    len({version.partition(".")[0] for version in known_minor_versions()}) + 1,
    domain=Domain.MINOR_VERSION,
    part=Operator.FIRST_PART,
)
_WORDS: Mapping[Domain, Vocabulary] = {
    Domain.FORGE_SLUG: Vocabulary("modules on the Forge's list", MOST_MODULES),
    Domain.MODULE_NAME: Vocabulary("names of the modules on the Forge's list", MOST_MODULES),
    Domain.VERSION: Vocabulary("each module's releases, and null", 15, of_module=True),
    Domain.CLASS_NAME: Vocabulary("classes of each module's releases", 10, of_module=True),
    Domain.OS_NAME: Vocabulary("operating systems", len({name for name, _ in systems()}) + 1),
    Domain.OS_RELEASE: Vocabulary(
        "major releases of operating systems, and null", len(systems()) + 1
    ),
    Domain.OS_FAMILY: Vocabulary("families of operating systems", len(OS_FAMILIES)),
    Domain.IMPLEMENTATION: Vocabulary("puppet, openvox, pe, and null", 4),
    Domain.MINOR_VERSION: Vocabulary(
        "versions of Puppet, major and minor, and null", len(known_minor_versions()) + 1
    ),
    Domain.RUBY_METHOD: Vocabulary("methods of Ruby's core", len(ruby_methods())),
}

_MODULES = (Domain.FORGE_SLUG, Domain.MODULE_NAME)
_BESIDE = {Domain.OS_RELEASE: Domain.OS_NAME}  # words of one row that do not go with all others


def vocabulary(of: Expression, lists: Sequence[Column]) -> Vocabulary:
    """The vocabulary of a key.

    Args:
        of: the key's expression.
        lists: the repeated columns that the query unnests, in order.

    Raises:
        UnknownError: it has none; the message says what to write instead.
    """
    leaf = leaf_of(of)
    part = of.operator if isinstance(of, Call) else None
    if isinstance(leaf, Value) and leaf.source is not None:
        field = next(each for each in lists[leaf.source].fields if each.name == leaf.name)
        if field.domain is Domain.VERSION_REQUIREMENT and part is not Operator.MAJORS:
            raise UnknownError("a range has no published vocabulary: write MAJORS(...) of it")
        if part is Operator.FIRST_PART and field.domain is Domain.MINOR_VERSION:
            return _PUPPETS
        if part in {Operator.MAJORS, Operator.FIRST_PART}:
            return _MAJORS
        if field.domain is not None and field.domain in _WORDS:
            return _WORDS[field.domain]._replace(domain=field.domain)
        raise UnknownError("a number of rows of a list has no known values: leave it out")
    if isinstance(leaf, Value) and leaf.type is Type.STRING:
        raise UnknownError(f"{leaf.name} has no published vocabulary, and tells nothing of a site")
    found = [int(value(of, {leaf: each})) for each in numbers([of], leaf)]
    size = len(set(found))
    return Vocabulary(f"{size:,} numbers, {min(found):,} to {max(found):,}", size)


def size(keys: Sequence[Key], lists: Sequence[Column]) -> int:
    """About how many groups keys have at most, with the Forge's modules as they are.

    Raises:
        UnknownError: a key has no vocabulary.
    """
    factors: dict[object, int] = {}
    for key in keys:
        found, leaf = vocabulary(key.expression, lists), leaf_of(key.expression)
        if found.domain is None:
            factors[leaf] = len(numbers([each.expression for each in keys], leaf))
            continue
        if found.of_module or found.domain in _MODULES:
            factors[MOST_MODULES] = MOST_MODULES
        if found.domain not in _MODULES:
            words = (leaf.source, _BESIDE.get(found.domain, found.domain))  # type: ignore[union-attr]
            factors[words] = max(factors.get(words, 1), found.size)
    return math.prod(factors.values())


def leaf_of(of: Expression) -> Value | Length:
    """The one value of a report that a key is made of."""
    (leaf,) = (each for each in leaves(of) if isinstance(each, (Value, Length)))
    return leaf
