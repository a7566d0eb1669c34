"""Made-up rows of the dataset, so that queries can be tried without private data.

They follow the schema alone, so a new column has examples at once. Few modules are in use at many
sites and many at few, as in the world (Zipf's law).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.wire import metric_columns
from dropsonde.collector.row import Row
from dropsonde.collector.vocabulary_file import Published
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT, Domain, Mode, Type
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

MODULES = 500
_WEIGHTS = tuple(accumulate(1 / (place + 1) for place in range(MODULES)))
# Approximate rows of a table in a report, by the first of these domains that it has.
_ROWS = {Domain.CLASS_NAME: 100, Domain.FORGE_SLUG: 40}
_FEW = 10
_WORDS: dict[Domain, Callable[[Random, int], str]] = {
    Domain.FORGE_SLUG: lambda _, module: f"author{module % 90}-module{module}",
    Domain.MODULE_NAME: lambda _, module: f"module{module}",
    Domain.CLASS_NAME: lambda rng, module: f"module{module}::class{rng.randrange(6)}",
    Domain.VERSION: lambda rng, _: f"{rng.randint(1, 3)}.{rng.randrange(5)}.0",
    Domain.VERSION_REQUIREMENT: lambda rng, _: f">= {rng.randint(1, 3)}.0.0 < 5.0.0",
    Domain.OS_FAMILY: lambda rng, _: rng.choice(sorted(OS_FAMILIES)),
    Domain.OS_NAME: lambda rng, _: rng.choice(sorted(OS_NAMES)),
    Domain.OS_RELEASE: lambda rng, _: str(rng.randint(6, 12)),
    Domain.IMPLEMENTATION: lambda rng, _: rng.choice(("openvox", "puppet", "pe")),
    Domain.MINOR_VERSION: lambda rng, _: f"8.{rng.randint(6, 12)}",
    Domain.RUBY_METHOD: lambda rng, _: rng.choice(sorted(ruby_methods())[:200]),
}


def published() -> dict[str, Published]:
    """What was published of each module that the rows have."""
    versions = frozenset(f"{major}.{minor}.0" for major in (1, 2, 3) for minor in range(5))
    return {
        f"author{module % 90}-module{module}": Published(
            versions, frozenset(f"module{module}::class{part}" for part in range(6))
        )
        for module in range(MODULES)
    }


def rows(columns: Sequence[Column], rng: Random, sites: int, when: datetime) -> Iterator[Row]:
    """Make one report for each of some sites.

    Args:
        columns: the newest schema.
        rng: decides everything.
        sites: how many.
        when: the time at which all were received (aware).
    """
    told = metric_columns(columns)
    for _ in range(sites):
        yield Row(
            message_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            site_id=rng.randbytes(64),
            product=PRODUCT,
            version=FORMAT_VERSION,
            timestamp=when,
            columns={column.name: _value(column, rng) for column in told},
        )


def _value(column: Column, rng: Random) -> Any:
    if column.mode is Mode.REPEATED:
        return _table(column.fields, rng)
    return _plain(column, rng, _module(rng))


def _module(rng: Random) -> int:
    return rng.choices(range(MODULES), cum_weights=_WEIGHTS)[0]


def _table(fields: Sequence[Column], rng: Random) -> list[dict[str, Any]]:
    """Sorted rows, no two with the same strings."""
    domains = {field.domain for field in fields}
    about = next((rows for domain, rows in _ROWS.items() if domain in domains), _FEW)
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for _ in range(rng.randint(about // 2, about * 3 // 2)):
        module = _module(rng)
        row = {field.name: _plain(field, rng, module) for field in fields}
        found[tuple(word for word in row.values() if isinstance(word, str))] = row
    return sorted(found.values(), key=lambda row: tuple(row.values()))


def _plain(column: Column, rng: Random, module: int) -> Any:
    if column.type is Type.INTEGER:
        return 1 + int(rng.expovariate(0.3))
    if column.domain in _WORDS:
        return _WORDS[column.domain](rng, module)
    raise NotImplementedError(f"{column.name}: there are no examples of such a column")
