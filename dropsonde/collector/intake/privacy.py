"""The second line of privacy: a row with a name that is not public is dropped before it is stored.

The probe sends no private name. But there are other, old and broken probes. Such a row does not
refuse the report: the sender's list of public names may be newer or older.

It fails closed: if a vocabulary is missing or unknown, no row of its columns passes. The published
releases are an addition to the Forge's list: without any, the list decides; with some, a listed
module of which they have no release has no public version and no public class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.schema.model import Domain, Mode

if TYPE_CHECKING:
    from dropsonde.collector.vocabulary_file import Published
    from dropsonde.schema.model import Column

# The reasons for dropping rows, as the metrics count them.
UNLISTED_MODULE = "unlisted_module"  # its slug or name is not on the Forge's list
UNLISTED_CLASS = "unlisted_class"  # its first segment is no listed module's name
FOREIGN_METHOD = "foreign_method"  # it is not one of Ruby's own methods
UNKNOWN_PLATFORM = "unknown_platform"  # Facter does not know this family or system
UNKNOWN_VOCABULARY = "unknown_vocabulary"  # no list of its public words is available
UNPUBLISHED_VERSION = "unpublished_version"  # the Forge never published it of this module
UNPUBLISHED_CLASS = "unpublished_class"  # no known release of a listed module defines it
UNKNOWN_COLUMN = "unknown_column"  # only a newer version describes its column
INCOMPLETE = "incomplete"  # an older version's row lacks a value that the newest one requires
REASONS = (
    UNLISTED_MODULE,
    UNLISTED_CLASS,
    FOREIGN_METHOD,
    UNKNOWN_PLATFORM,
    UNKNOWN_VOCABULARY,
    UNKNOWN_COLUMN,
    UNPUBLISHED_VERSION,
    UNPUBLISHED_CLASS,
    INCOMPLETE,
)

# The form of these words cannot hold a name.
_FORM_SAYS_ALL = (
    Domain.VERSION,
    Domain.VERSION_REQUIREMENT,
    Domain.OS_RELEASE,
    Domain.IMPLEMENTATION,
    Domain.MINOR_VERSION,
)


class Check(NamedTuple):
    """Checks whether the words of rows are public.

    Attributes:
        public: the allowed values of the words, or of the part of them that is checked.
        reason: why a row with another value is dropped.
        places: the fields' places in a row; of several fields, the words are checked together.
        part: gives the part of the word that is checked; None for the whole word.
        implied: whether another check refuses all that this one refuses; it then only finds the
            reason.
    """

    public: frozenset[Any]
    reason: str
    places: tuple[int, ...] = ()
    part: Callable[[Any], Any] | None = None
    implied: bool = False

    def parts(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[Any]:
        """The checked part of each row's values."""
        words = map(itemgetter(*self.places), rows)
        return map(self.part, words) if self.part else words


def _first_segment(name: str | None) -> str | None:
    return name and name.partition("::")[0]


class Privacy:
    """The checks of all domains.

    Args:
        vocabulary: the words of each domain. The names of modules and of their classes are derived
            from FORGE_SLUG, the Forge's list.
        published: what is known of the published releases, by slug; it counts only for modules on
            the Forge's list. None if nothing is: then the list alone decides.
    """

    def __init__(
        self,
        vocabulary: Mapping[Domain, Collection[str]],
        published: Mapping[str, Published] | None = None,
    ) -> None:
        slugs = frozenset(vocabulary.get(Domain.FORGE_SLUG, ()))
        modules = frozenset(slug.partition("-")[2] for slug in slugs)
        methods = frozenset(vocabulary.get(Domain.RUBY_METHOD, ()))
        families = frozenset(vocabulary.get(Domain.OS_FAMILY, ()))
        systems = frozenset(vocabulary.get(Domain.OS_NAME, ()))
        self._checks = {
            Domain.FORGE_SLUG: Check(slugs, UNLISTED_MODULE),
            Domain.MODULE_NAME: Check(modules, UNLISTED_MODULE),
            Domain.CLASS_NAME: Check(modules, UNLISTED_CLASS, part=_first_segment),
            Domain.RUBY_METHOD: Check(methods, FOREIGN_METHOD),
            Domain.OS_FAMILY: Check(families, UNKNOWN_PLATFORM),
            Domain.OS_NAME: Check(systems, UNKNOWN_PLATFORM),
        }
        self._versions, self._classes = _published(slugs, published)

    def checks(self, fields: Sequence[Column]) -> list[Check]:
        """The checks of a table's rows, in the order in which they name the reason.

        Args:
            fields: of the table. A word whose form suffices is not checked.
        """
        versions = [at for at, field in enumerate(fields) if field.domain is Domain.VERSION]
        words, further = [], []
        for at, field in enumerate(fields):
            if field.domain is None or field.domain in _FORM_SAYS_ALL:
                continue
            more: list[Check] = []
            if field.domain is Domain.CLASS_NAME and self._classes is not None:
                more = [Check(self._classes, UNPUBLISHED_CLASS, (at,))]
            elif field.domain is Domain.FORGE_SLUG and self._versions is not None:
                more = [Check(self._versions, UNPUBLISHED_VERSION, (at, v)) for v in versions]
            word = self._checks.get(field.domain, Check(frozenset(), UNKNOWN_VOCABULARY))
            words.append(word._replace(places=(at,), implied=bool(more)))
            further += more
        return [_with_null(check, fields) for check in (*words, *further)]


def _with_null(check: Check, fields: Sequence[Column]) -> Check:
    """A check of a word that may be null."""
    match check.places:
        case [at] if fields[at].mode is Mode.NULLABLE:
            return check._replace(public=check.public | {None})
    return check


def _published(
    slugs: frozenset[str], published: Mapping[str, Published] | None
) -> tuple[frozenset[Any] | None, frozenset[Any] | None]:
    """The public pairs of slug and version, and the public classes; None if no release is known.

    Whoever made the file of releases cannot make a private module public: only listed ones count.
    """
    if published is None:
        return None, None
    listed = [(slug, of) for slug, of in published.items() if slug in slugs]
    versions = {(slug, version) for slug, of in listed for version in of.versions}
    no_version = {(slug, None) for slug in slugs}  # tells no more than the module's name
    classes = frozenset[str]().union(*(of.classes for _, of in listed))
    return frozenset(versions | no_version), classes
