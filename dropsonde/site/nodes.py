"""What of PuppetDB's counts of nodes is public: names and versions of published software.

The values are facts, so a site may have put anything there. Only words of closed vocabularies and
plain numbers pass; the rest is counted by reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from dropsonde.schema.vocabulary.os_names import OS_NAMES, is_rolling, os_release
from dropsonde.schema.vocabulary.puppet_versions import implementation, minor_version

if TYPE_CHECKING:
    from dropsonde.site.puppetdb import FactCount

UNKNOWN_SYSTEM = "operating systems that Facter does not name"
UNKNOWN_RELEASE = "releases that their operating system cannot have"
UNKNOWN_AGENT = "versions of agents that are not plain"

Key = TypeVar("Key")


@dataclass(frozen=True)  # Python 3.10 knows no generic NamedTuple
class Public(Generic[Key]):
    """The public counts, and the number of values withheld by reason."""

    counts: Mapping[Key, int]
    withheld: Mapping[str, int]


def systems(rows: Iterable[FactCount]) -> Public[tuple[str, str | None]]:
    """Count nodes by operating system and release, of rows of both facts."""
    counts: Counter[tuple[str, str | None]] = Counter()
    unknown, releases = set(), set()
    for name, said, count in rows:
        if not (isinstance(name, str) and name in OS_NAMES):
            unknown.add(repr(name))
            continue
        release = os_release(name, said)
        if release is None and said is not None and not is_rolling(name):
            releases.add((name, repr(said)))
        counts[name, release] += count
    unknown.discard(repr(None))
    return Public(counts, {UNKNOWN_SYSTEM: len(unknown), UNKNOWN_RELEASE: len(releases)})


def agents(rows: Iterable[FactCount]) -> Public[tuple[str | None, str]]:
    """Count nodes by the implementation and version of their agent, of rows of both facts."""
    counts: Counter[tuple[str | None, str]] = Counter()
    unknown = set()
    for full, said, count in rows:
        version = minor_version(full)
        if version is None:
            unknown.add(repr(full))
        else:
            counts[implementation(version, said), version] += count
    unknown.discard(repr(None))
    return Public(counts, {UNKNOWN_AGENT: len(unknown)})
