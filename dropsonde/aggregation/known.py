"""The known groups of a plan: every one that reports can have, out of published vocabularies.

All of them are counted with noise, those that no site has as well as others. So which groups are
public tells nothing of any site, and needs no threshold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.evaluation import value
from dropsonde.aggregation.plan import Call, Length, Operator, Shape, Value, leaves, sources_of
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_releases import systems
from dropsonde.schema.vocabulary.puppet_versions import known_minor_versions
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.aggregation.evaluation import Leaf
    from dropsonde.aggregation.plan import Expression, Key, Plan
    from dropsonde.collector.vocabulary_file import Published
    from dropsonde.schema.model import Column

    Row = Mapping[Leaf, Any]

MOST_NUMBERS = 10_000  # different values of a number of a report, as a key has them
_FAR = 1_000_000  # beyond it, and below its opposite, a bounded number no longer changes
_IMPLEMENTATIONS = (None, "puppet", "openvox", "pe")


class UnknownError(Exception):
    """A key's values come from no published vocabulary."""


@dataclass(frozen=True)
class Words:
    """The published words of a week.

    Attributes:
        modules: what was published of each, by slug.
        among: key of a plan to the values of it that are counted; all of other keys.
    """

    modules: Mapping[str, Published]
    among: Mapping[str, Collection[Any]] = field(default_factory=dict)


def groups(plan: Plan, schema: Sequence[Column], words: Words) -> list[tuple[Any, ...]]:
    """The keys of every group, each once, sorted with null first.

    Raises:
        UnknownError: a key has no known values.
    """
    words = replace(words, among={name: frozenset(of) for name, of in words.among.items()})
    found = {
        tuple(value(key.expression, row) for key in plan.keys)
        for row in _rows(plan, schema, words)
        if plan.filter is None or value(plan.filter, row)
    }
    return sorted(found, key=lambda keys: [(key is not None, key) for key in keys])


def _rows(plan: Plan, schema: Sequence[Column], words: Words) -> Iterator[Row]:
    """What keys name, with the values that it can have in a report."""
    named = {leaf for key in plan.keys for leaf in leaves(key.expression)}
    fields = [
        {of.name: of for of in named if isinstance(of, Value) and of.source == at}
        for at, _ in enumerate(plan.sources)
    ]
    columns = [next(each for each in schema if each.name == name) for name in plan.sources]
    own = [
        [{of: number} for number in numbers([key.expression for key in plan.keys], of)]
        for of in named
        if isinstance(of, Length) or (isinstance(of, Value) and of.source is None)
    ]

    def product(known: Words) -> Iterator[Row]:
        lists = [
            _told_apart(plan.keys, at, _list(column, of, known), known.among)
            for at, (column, of) in enumerate(zip(columns, fields, strict=True))
        ]
        for parts in itertools.product(*lists, *own):
            yield {of: word for part in parts for of, word in part.items()}

    if plan.shape is Shape.MODULE and len(plan.sources) > 1:  # each module with its own classes
        for slug, published in words.modules.items():
            yield from product(replace(words, modules={slug: published}))
    else:
        yield from product(words)


def _told_apart(
    keys: Sequence[Key], source: int, rows: Iterable[Row], among: Mapping[str, Collection[Any]]
) -> list[Row]:
    """The rows of a list that are counted; of those that its keys do not tell apart, one."""
    own = [key for key in keys if sources_of(key.expression) == {source}]  # all that name it
    found = {tuple(value(key.expression, row) for key in own): row for row in rows}
    return [
        row
        for words, row in found.items()
        if all(_counts(key, word, among) for key, word in zip(own, words, strict=True))
    ]


def _counts(key: Key, word: Any, among: Mapping[str, Collection[Any]]) -> bool:
    """Whether a key's value is counted."""
    of = key.expression
    if word is None and isinstance(of, Call) and of.operator is Operator.MAJORS:
        return False  # a range without majors is in no group
    return key.name not in among or word in among[key.name]


def _list(column: Column, fields: Mapping[str, Value], words: Words) -> list[Row]:
    """The rows of a list of a report, with the fields that keys name."""
    domains = {each.name: each.domain for each in column.fields}
    named = {domains[name]: of for name, of in fields.items()}
    rows: list[list[Row]] = []
    for together, every in _TOGETHER.items():
        if these := [domain for domain in together if domain in named]:
            places = [together.index(domain) for domain in these]
            found = {tuple(row[at] for at in places) for row in every(words)}
            rows.append([{named[d]: w for d, w in zip(these, row, strict=True)} for row in found])
            for domain in these:
                del named[domain]
    if named:
        raise UnknownError(f"{column.name} has a field without a published vocabulary")
    return [
        {of: word for part in parts for of, word in part.items()}
        for parts in itertools.product(*rows)
    ]


def _modules(words: Words) -> Iterable[tuple[str | None, ...]]:
    """Each with its versions, and with the range of all releases of the same major version."""
    for slug, published in words.modules.items():
        name = slug.partition("-")[2]
        yield slug, name, None, None
        for version in published.versions:
            major = int(version.partition(".")[0])
            yield slug, name, version, f">= {major}.0.0 < {major + 1}.0.0"


def _classes(words: Words) -> Iterable[tuple[str]]:
    return ((name,) for published in words.modules.values() for name in published.classes)


def _each(every: Iterable[Any]) -> Callable[[Words], Iterable[tuple[Any, ...]]]:
    return lambda _: ((word,) for word in every)


# Words that stand beside one another in a row; all others of a row go with each other.
_TOGETHER: Mapping[tuple[Domain, ...], Callable[[Words], Iterable[tuple[Any, ...]]]] = {
    (
        Domain.FORGE_SLUG,
        Domain.MODULE_NAME,
        Domain.VERSION,
        Domain.VERSION_REQUIREMENT,
    ): _modules,
    (Domain.CLASS_NAME,): _classes,
    (Domain.OS_NAME, Domain.OS_RELEASE): lambda _: ((None, None), *systems()),
    (Domain.OS_FAMILY,): _each(sorted(OS_FAMILIES)),
    (Domain.IMPLEMENTATION,): _each(_IMPLEMENTATIONS),
    (Domain.MINOR_VERSION,): _each((None, *known_minor_versions())),
    (Domain.RUBY_METHOD,): _each(sorted(ruby_methods())),
}


def numbers(keys: Iterable[Expression], of: Leaf) -> range:
    """The values of a number of a report, up to those from which no key changes.

    No number is below 0. Keys rise or fall with it, so from one on nothing changes.

    Raises:
        UnknownError: there are too many.
    """
    keys = [key for key in keys if of in set(leaves(key))]

    def told(number: int) -> tuple[Any, ...]:
        return tuple(value(key, {of: number}) for key in keys)

    high = _last(0, _FAR, told)
    if high > MOST_NUMBERS:
        raise UnknownError(f"a number has no more than {MOST_NUMBERS:,} values: LEAST(x, 50)")
    return range(high + 1)


def _last(near: int, far: int, told: Callable[[int], object]) -> int:
    """The number nearest to ``near`` from which on to ``far`` nothing changes."""
    end = told(far)
    if told(near) == end:
        return near
    while abs(far - near) > 1:
        middle = (near + far) // 2
        near, far = (near, middle) if told(middle) == end else (middle, far)
    return far
