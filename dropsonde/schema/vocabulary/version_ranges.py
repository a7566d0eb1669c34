"""Version requirements: which major versions a range of releases admits.

The syntax and its meaning are those of Puppet's own ``SemanticPuppet::VersionRange``:
``>= 1.0.0 < 3.0.0``, ``1.x``, ``~1.2``, ``^1.2``, ``1.0.0 - 2.3.4``, and several of them with
``||``. Only stable releases count, so the ends of a range are three numbers, and each range runs
from its first release up to, and without, another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

MOST = 99  # the highest major version that is looked for

_NUMBER = r"(?:0|[1-9][0-9]{0,7})"
_PART = rf"(?:{_NUMBER}|[xX*])"
_PARTIAL = rf"v?({_PART})(?:\.({_PART})(?:\.({_PART})(-[0-9A-Za-z.]+)?)?)?"
_COMPARATOR = re.compile(rf"([<>]=?|=|~>?|\^)? *{_PARTIAL}", re.ASCII)
_HYPHEN = re.compile(rf"{_PARTIAL} +- +{_PARTIAL}", re.ASCII)
_VERSION = rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})"
_USUAL = re.compile(rf">= ?{_VERSION} < ?{_VERSION}", re.ASCII)
_PARTS = 4  # groups of a partial version
_SEPARATORS = re.compile(r"[, ]*")
_HIGHEST = 10**9
_LONGEST = 40  # letters; ">= 10.10.10 < 100.0.0" has 21

Version = tuple[int, int, int]


class Range(NamedTuple):
    """Stable releases from ``low`` up to, and without, ``high``; none where it is not above."""

    low: Version
    high: Version


_ALL = Range((0, 0, 0), (_HIGHEST, 0, 0))
_NONE = Range((0, 0, 0), (0, 0, 0))


class _Partial(NamedTuple):
    """A version whose last numbers may be missing; a missing one makes those after it missing."""

    numbers: tuple[int, ...]
    prerelease: bool

    @property
    def first(self) -> Version:
        """The first stable release that it means."""
        major, minor, patch = (*self.numbers, 0, 0, 0)[:3]
        return major, minor, patch

    def after(self, numbers: int) -> Version:
        """The first release whose leading numbers, so many, are greater."""
        kept = self.first[:numbers]
        major, minor, patch = (*kept[:-1], kept[-1] + 1, 0, 0)[:3]
        return major, minor, patch


def usual(requirement: str) -> str | None:
    """The plainest form of a range of the most usual form, ``>= 4.13.1 < 10.0.0``, at little cost.

    Returns:
        as :func:`plain`; None for every other form, too.
    """
    found = _USUAL.fullmatch(requirement)
    if not found:
        return None
    numbers = [int(number) for number in found.groups()]
    low, high = numbers[:3], numbers[3:]
    return _told(low[0], high[0] - (high[1:] == [0, 0])) if low < high else None


def plain(requirement: str) -> str | None:
    """A range in its plainest form, by major versions alone.

    Args:
        requirement: as ``Domain.VERSION_REQUIREMENT``.

    Returns:
        ``>= 4.0.0 < 10.0.0`` for a range that admits stable releases of the majors 4 to 9,
        ``>= 4.0.0`` if it also admits :data:`MOST`. None where it admits none, where a major
        between is left out, where Puppet cannot read it, and where it is too long to be plain.
    """
    if len(requirement) > _LONGEST:
        return None
    found = majors(requirement)
    if not found or len(found) <= found[-1] - found[0]:
        return None
    return _told(found[0], found[-1])


def _told(first: int, last: int) -> str | None:
    if not first <= min(last, MOST):
        return None
    end = "" if last >= MOST else f" < {last + 1}.0.0"
    return f">= {first}.0.0{end}"


def majors(requirement: str) -> tuple[int, ...]:
    """The major versions, up to :data:`MOST`, of which a range admits a stable release.

    Args:
        requirement: as ``Domain.VERSION_REQUIREMENT``.

    Returns:
        sorted; empty where Puppet cannot read the range, or it admits none.
    """
    try:
        ranges = [_of(part.strip(" ")) for part in requirement.split("||")]
    except ValueError:
        return ()
    found: set[int] = set()
    for low, high in ranges:
        if low < high:
            # The first release of a major is no part of a range that ends with it.
            found.update(range(low[0], min(high[0] + (high > (high[0], 0, 0)), MOST + 1)))
    return tuple(sorted(found))


def _of(part: str) -> Range:
    """Parse a range without alternatives.

    Raises:
        ValueError: it is malformed.
    """
    hyphen = _HYPHEN.fullmatch(part)
    if hyphen:
        low, high = _partial(hyphen.groups()[:_PARTS]), _partial(hyphen.groups()[_PARTS:])
        return _both(Range(low.first, _ALL.high), _up_to(high.first, high))
    return reduce(_both, _comparators(part))


def _comparators(part: str) -> Iterator[Range]:
    at = 0
    while at < len(part) or not part:
        found = _COMPARATOR.match(part, at)
        if found is None:
            raise ValueError("this is no comparator")
        yield _compared(found[1] or "=", _partial(found.groups()[1:]))
        at = found.end()
        if at < len(part) and part[at] not in ", ":
            raise ValueError("a comparator ends with a space")
        at = _SEPARATORS.match(part, at).end()  # type: ignore[union-attr]  # it matches anything


def _partial(groups: tuple[str | None, ...]) -> _Partial:
    *parts, prerelease = groups
    numbers: list[int] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    return _Partial(tuple(numbers), prerelease is not None and len(numbers) == len(parts))


def _compared(operator: str, of: _Partial) -> Range:  # noqa: PLR0911 - one for each operator
    given = len(of.numbers)
    if operator == ">=":
        return Range(of.first, _ALL.high)
    if operator == "<":
        return Range(_ALL.low, of.first)
    if operator == ">":
        if of.prerelease:
            return Range(of.first, _ALL.high)
        return Range(of.after(given), _ALL.high) if given else _NONE
    if not given:
        return _ALL
    if operator == "<=":
        return Range(_ALL.low, of.first if of.prerelease else of.after(given))
    if operator == "=":
        return _NONE if of.prerelease else Range(of.first, of.after(given))
    kept = 1 if operator == "^" and of.numbers[0] else 2
    return Range(of.first, of.after(min(kept, given)))


def _up_to(version: Version, of: _Partial) -> Range:
    """All releases up to the second version of ``1.0.0 - 2.0.0``, whose missing numbers are 0."""
    major, minor, patch = version
    return Range(_ALL.low, version if of.prerelease else (major, minor, patch + 1))


def _both(one: Range, other: Range) -> Range:
    return Range(max(one.low, other.low), min(one.high, other.high))
