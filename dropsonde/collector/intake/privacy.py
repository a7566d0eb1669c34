"""The second line of privacy: a row with a name that is not public is dropped before it is stored.

The probe sends no private name. But there are other, old and broken probes. Such a row does not
refuse the report: the sender's list of public names may be newer or older.

It fails closed: if a vocabulary is missing or unknown, no row of its columns passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.schema.model import Domain, Mode

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

# The reasons for dropping rows, as the metrics count them.
UNLISTED_MODULE = "unlisted_module"  # its slug or name is not on the Forge's list
UNLISTED_CLASS = "unlisted_class"  # its first segment is no listed module's name
FOREIGN_METHOD = "foreign_method"  # it is not one of Ruby's own methods
UNKNOWN_PLATFORM = "unknown_platform"  # Facter does not know this family
UNKNOWN_VOCABULARY = "unknown_vocabulary"  # no list of its public words is available
INCOMPLETE = "incomplete"  # an older version's row lacks a value that the newest one requires
REASONS = (
    UNLISTED_MODULE,
    UNLISTED_CLASS,
    FOREIGN_METHOD,
    UNKNOWN_PLATFORM,
    UNKNOWN_VOCABULARY,
    INCOMPLETE,
)

# The form of these words cannot hold a name.
_FORM_SAYS_ALL = (Domain.VERSION, Domain.VERSION_REQUIREMENT)


class Check(NamedTuple):
    """Checks whether words are public.

    Attributes:
        public: the allowed values of the word, or of the part of it that is checked.
        reason: why a row with another value is dropped.
        part: gives the part of the word that is checked; None for the whole word.
    """

    public: frozenset[Any]
    reason: str
    part: Callable[[Any], Any] | None = None

    def parts(self, words: Iterable[Any]) -> list[Any]:
        """The checked part of each word."""
        return list(map(self.part, words) if self.part else words)


def _first_segment(name: str | None) -> str | None:
    return name and name.partition("::")[0]


class Privacy:
    """The checks of all domains.

    Args:
        vocabulary: the words of each domain. The names of modules and of their classes are derived
            from FORGE_SLUG, the Forge's list.
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
        """The check of a field's words; None if their form suffices."""
        if field.domain is None or field.domain in _FORM_SAYS_ALL:
            return None
        check = self._checks.get(field.domain, Check(frozenset(), UNKNOWN_VOCABULARY))
        if field.mode is not Mode.NULLABLE:
            return check
        return check._replace(public=check.public | {None})
