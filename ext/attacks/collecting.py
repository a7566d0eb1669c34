"""A collector of made-up reports: the real intake, its limits, the store, and the releases."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.aggregation.releasing import Releasing
from dropsonde.aggregation.weekly import Weekly
from dropsonde.collector.intake import Intake
from dropsonde.collector.store import Store
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.new_sites import NewSites
from dropsonde.collector.web.responses import Refusal
from dropsonde.common.weeks import week_of
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema import published
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT, Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

if TYPE_CHECKING:
    from concurrent.futures import Future

    from dropsonde.aggregation.counting import Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.loss import Budget
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.collector.vocabulary_file import Published

START = datetime(2025, 1, 8, 12, tzinfo=timezone.utc)  # a Wednesday
VERSIONS = tuple(published.load().values())
COLUMNS = VERSIONS[0]
HONEST = "192.0.2.1"  # an address; the limits of new sites do not concern these


def plans() -> list[Plan]:
    """The project's own queries."""
    found = (judge(query, COLUMNS).plan for query in load())
    return [plan for plan in found if plan is not None]


def report(name: str, columns: Mapping[str, Any]) -> bytes:
    """The bytes of a report of the site with a name."""
    document = {
        "product": PRODUCT,
        "version": FORMAT_VERSION,
        "site_id": hashlib.sha512(name.encode()).hexdigest(),
        ANALYTICS: {
            SNAPSHOTS: {
                column: {"value": value, "timestamp": "2025-01-08T12:00:00Z"}
                for column, value in columns.items()
            }
        },
    }
    return json.dumps(document, separators=(",", ":")).encode()


class Collector:
    """A data directory, the clock of its collector, and its releases.

    Args:
        root: gets everything.
        modules: what was published of each, by slug.
    """

    def __init__(self, root: Path, modules: Mapping[str, Published]) -> None:
        self.root, self.modules = root, modules
        self.now = START
        words = {
            Domain.FORGE_SLUG: modules.keys(),
            Domain.RUBY_METHOD: ruby_methods(),
            Domain.OS_FAMILY: OS_FAMILIES,
            Domain.OS_NAME: OS_NAMES,
        }
        self._intake = Intake(VERSIONS, words, modules)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.root / "data"

    def take(self, week: int, reports: Iterator[tuple[str, bytes]]) -> tuple[int, int]:
        """Take a week's reports, then close the week.

        Args:
            week: counted from 0.
            reports: the sender's address, and the report.

        Returns:
            how many were stored, and how many the limit of new sites refused.
        """
        self.now = START + timedelta(weeks=week)
        stored: list[Future[bool]] = []
        refused = 0
        with Store.open(self.data, COLUMNS, lambda: self.now, accept_clock=True) as store:
            limited = NewSites(store.known, Limits())
            limited.look(self.now)
            for address, data in reports:
                row = self._intake.take(data, self.now, str(uuid.uuid4())).row
                submit = _submitting(store, row)
                if address == HONEST:
                    stored.append(submit())
                    continue
                try:
                    stored.append(limited.limited(address, row.site_id, self.now, submit))
                except Refusal:
                    refused += 1
            for each in stored:
                each.result()
            store.compact(self.now + timedelta(weeks=1, hours=3))
        return len(stored), refused

    def releasing(
        self,
        unit: Unit,
        year: Budget,
        chosen: Sequence[Plan] | None = None,
        opened: Callable[[], AbstractContextManager[Engine]] | None = None,
    ) -> Releasing:
        """The releases of a unit, with a ledger and public files of their own.

        Args:
            unit: what they hide.
            year: its budget.
            chosen: the tables, all if None.
            opened: gives the engine, the collector's own one if None.
        """
        own = self.root / unit.value
        for path in (own, own / "released"):
            path.mkdir(mode=0o700, exist_ok=True)
        return Releasing(
            data=own,
            released=own / "released",
            opened=opened or (lambda: engine(self.data, COLUMNS)),
            plans=plans() if chosen is None else chosen,
            schema=COLUMNS,
            modules=lambda: self.modules,
            clock=lambda: self.now + timedelta(weeks=1, days=1),
            unit=unit,
            year=year,
        )


def week(number: int) -> str:
    """The name of a week, counted from 0."""
    return week_of(START + timedelta(weeks=number))


def weekly(releasing: Releasing) -> Weekly:
    """The weekly run; nothing is published beyond the releases, and no raw data is dropped."""
    return Weekly(releasing, close=tuple, publish=lambda: None, drop=tuple)


@contextmanager
def counting(collector: Collector) -> Iterator[Engine]:
    """The engine on the collector's dataset."""
    with engine(collector.data, COLUMNS) as found:
        yield found


def _submitting(store: Store, row: Any) -> Callable[[], Future[bool]]:
    return lambda: store.submit(row)
