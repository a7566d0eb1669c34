"""The second line of privacy: a row that names what is not public is dropped before it is stored.

The probe lets nothing private out. But there are other probes, old ones, and broken ones. Such a
row is no reason to refuse a report: the sender's list of public names may be newer or older.

It fails closed: where a vocabulary is missing, or a column comes from one that is not known here,
no row passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.schema.model import Domain, Mode

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

# Why rows are dropped, as metrics count them.
UNLISTED_MODULE = "unlisted_module"  # its slug or name is not on the Forge's list
UNLISTED_CLASS = "unlisted_class"  # its first segment is no listed module's name
FOREIGN_METHOD = "foreign_method"  # it is not Ruby's own
UNKNOWN_PLATFORM = "unknown_platform"  # Facter does not know this family
UNKNOWN_VOCABULARY = "unknown_vocabulary"  # nobody can say here whether it is public
INCOMPLETE = "incomplete"  # an older version's row lacks a value that a newer one demands
REASONS = (
    UNLISTED_MODULE,
    UNLISTED_CLASS,
    FOREIGN_METHOD,
    UNKNOWN_PLATFORM,
    UNKNOWN_VOCABULARY,
    INCOMPLETE,
)

# Their form leaves no room for a name.
_FORM_SAYS_ALL = (Domain.VERSION, Domain.VERSION_REQUIREMENT)


class Check(NamedTuple):
    """How a word shows that it is public.

    Attributes:
        public: what a word, or the part of it that tells, has to be one of.
        reason: why a row is dropped when it is not.
        part: gives that part; None where it is the word.
    """

    public: frozenset[Any]
    reason: str
    part: Callable[[Any], Any] | None = None

    def parts(self, words: Iterable[Any]) -> list[Any]:
        """What tells of each word."""
        return list(map(self.part, words) if self.part else words)


def _first_segment(name: str | None) -> str | None:
    return name and name.partition("::")[0]


class Privacy:
    """What is public.

    Args:
        vocabulary: the words of each domain. FORGE_SLUG is the Forge's list, from which the names
            of modules and of their classes follow.
    """

    def __init__(self, vocabulary: Mapping[Domain, Collection[str]]) -> None:
        slugs = frozenset(vocabulary.get(Domain.FORGE_SLUG, ()))
        modules = frozenset(slug.partition("-")[2] for slug in slugs)
        methods = frozenset(vocabulary.get(Domain.RUBY_METHOD, ()))
        families = frozenset(vocabulary.get(Domain.OS_FAMILY, ()))
        self._checks = {
            Domain.FORGE_SLUG: Check(slugs, UNLISTED_MODULE),
            Domain.MODULE_NAME: Check(modules, UNLISTED_MODULE),
            Domain.CLASS_NAME: Check(modules, UNLISTED_CLASS, _first_segment),
            Domain.RUBY_METHOD: Check(methods, FOREIGN_METHOD),
            Domain.OS_FAMILY: Check(families, UNKNOWN_PLATFORM),
        }

    def check(self, field: Column) -> Check | None:
        """How a field's words are checked; None where their form says all."""
        if field.domain is None or field.domain in _FORM_SAYS_ALL:
            return None
        check = self._checks.get(field.domain, Check(frozenset(), UNKNOWN_VOCABULARY))
        if field.mode is not Mode.NULLABLE:
            return check
        return check._replace(public=check.public | {None})
