"""The public document of each module."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.publish import sentences
from dropsonde.publish.alike import Alike, categories
from dropsonde.publish.changes import Means
from dropsonde.publish.changes import change as change_of_means
from dropsonde.publish.forge import UNKNOWN, Forge
from dropsonde.publish.majors import Majors
from dropsonde.publish.numbers import change, share, told
from dropsonde.publish.parts import Parts
from dropsonde.publish.together import Together

if TYPE_CHECKING:
    from dropsonde.publish.alike import Categories
    from dropsonde.publish.numbers import Number, Numbers, Row
    from dropsonde.publish.sentences import Sentence

_SITES = ("sites", "error", "week_sites")
_SAID_OVER = 13  # weeks: means that far apart have none in common


class _Tables:
    """Each table by module; made once for all modules."""

    def __init__(
        self,
        weeks: Sequence[Numbers],
        slugs: Collection[str],
        forge: Forge,
        curated: Categories,
    ) -> None:
        self.forge = forge
        self.parts = Parts(weeks[-1])
        self.together = Together(weeks[-1])
        self.alike = Alike(weeks[-1], slugs, forge, curated)
        self.majors = Majors(weeks)
        self.means = Means(weeks)


def module(
    weeks: Sequence[Numbers],
    slugs: Collection[str],
    forge: Forge = UNKNOWN,
    curated: Categories | None = None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each module's document.

    Args:
        weeks: oldest first.
        slugs: the modules.
        forge: what is known of it.
        curated: categories, if not those of the program.
    """
    tables = _Tables(weeks, slugs, forge, categories() if curated is None else curated)
    for slug in slugs:
        yield slug, _document(slug, weeks, tables)


def earlier(weeks: Sequence[Numbers]) -> Numbers | None:
    """The release that the newest one is compared with; None if there is none.

    It is the last one whose mean has no week in common with the newest, else the first one.
    """
    apart = weeks[-1].release.method.weeks
    return weeks[max(len(weeks) - 1 - apart, 0)] if len(weeks) > 1 else None


def _document(slug: str, weeks: Sequence[Numbers], tables: _Tables) -> dict[str, Any]:
    newest, before = weeks[-1], earlier(weeks)
    sites = newest.sites("module_usage", slug)
    was = None if before is None else before.sites("module_usage", slug)
    unused = newest.sites("unused_modules", slug)
    changes = list(_changes(slug, weeks, tables.means))
    old = tables.forge.said_of(slug)
    said = [] if old is None else [sentences.deprecated(*old)]
    said += [*tables.majors.said(slug), *_moved(changes)]
    return {
        "module": slug,
        "week": newest.release.week,
        "since": before and before.release.week,
        "deprecated": old and {"since": old.since, "superseded_by": old.successor},
        "precision": tables.parts.precision,
        **_of(newest.row("module_usage", slug)),
        **told("share", share(sites, newest.all_sites)),
        **told("change", change(was, sites)),
        **told("unused", unused),
        **told("unused_share", tables.parts.share("unused_modules", unused, sites)),
        "changes": [_told_change(*each) for each in changes],
        "trend": [_point(numbers, slug) for numbers in weeks],
        "majors_trend": tables.majors.over(slug),
        "said": [each._asdict() for each in said],
        **tables.parts.of(slug, sites),
        "together": tables.together.of(slug),
        "alike": tables.alike.of(slug),
    }


def _changes(
    slug: str, weeks: Sequence[Numbers], means: Means
) -> Iterator[tuple[int, str, Number | None, Number | None]]:
    """Span, earlier week, change of sites, change of the share; no earlier week, no change."""
    table = "module_usage"
    now = means.of(-1, table, slug)
    for span, at in means.spans():
        sites = change_of_means(means.of(at, table, slug), now)
        yield span, weeks[at].release.week, sites, means.share_change(at, table, slug)


def _told_change(
    over: int, since: str, change_: Number | None, of_share: Number | None
) -> dict[str, Any]:
    return {
        "over": over,
        "since": since,
        **told("change", change_),
        **told("share_change", of_share),
    }


def _moved(
    changes: Sequence[tuple[int, str, Number | None, Number | None]],
) -> Iterator[Sentence]:
    for over, _, sites, of_share in changes:
        if over == _SAID_OVER:
            for found in (sentences.share_moved(of_share, over), sentences.moved(sites, over)):
                if found is not None:
                    yield found


def _point(numbers: Numbers, slug: str) -> dict[str, Any]:
    """A week of a module's trend."""
    sites = numbers.sites("module_usage", slug)
    return {
        "week": numbers.release.week,
        **_of(numbers.row("module_usage", slug)),
        **told("share", share(sites, numbers.all_sites)),
        "week_error": numbers.precision.get("module_usage", {}).get("week_error"),
        "of": numbers.release.sites,
        "of_error": numbers.release.sites_error,
    }


def _of(row: Row | None) -> dict[str, Any]:
    return {name: None if row is None else row[name] for name in _SITES}
