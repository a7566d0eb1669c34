"""Building a report: the one pure function that preview and submit share.

What a metric gathers is checked whole, for shape and word by word against the public vocabularies.
A metric that fails, or gathers what its columns do not describe, loses its own columns and is
named; the report goes on.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dropsonde.protocol.report import Snapshot, to_bytes
from dropsonde.schema.model import Mode
from dropsonde.schema.validate import Validator

if TYPE_CHECKING:
    from dropsonde.metrics import Metric
    from dropsonde.schema.model import Column, Domain
    from dropsonde.site.context import Context

log = logging.getLogger(__name__)

MAX_FAULTS_SHOWN = 3
SHOWN_DIGITS = 12  # of a site id


def short(site_id: str) -> str:
    """A site id fit to be seen: whoever knows all of it can send reports in the site's name."""
    return f"{site_id[:SHOWN_DIGITS]}..."


@dataclass(frozen=True)
class Report:
    """What a site would send, and what it would not.

    Attributes:
        site_id: 128 hexadecimal digits.
        snapshots: column name to value; only these leave.
        missing: column name to the reason why it has no value.
        withheld: reason to how much stayed home for it; never sent.
        faults: what went wrong, one line each; a report with faults is incomplete.
    """

    site_id: str
    snapshots: Mapping[str, Snapshot]
    missing: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The very bytes that are sent: compact JSON and a newline."""
        return to_bytes(self.site_id, self.snapshots)

    def reduced(self, columns: Container[str]) -> Report:
        """The same report with these columns alone."""
        kept = {name: value for name, value in self.snapshots.items() if name in columns}
        return replace(self, snapshots=kept)


def build_report(
    metrics: Sequence[Metric], context: Context, site_id: str, clock: Callable[[], datetime]
) -> Report:
    """Gather every metric into one report.

    Args:
        metrics: the metrics to run.
        context: the site.
        site_id: 128 hexadecimal digits.
        clock: gives the time, in UTC.
    """
    snapshots: dict[str, Snapshot] = {}
    missing: dict[str, str] = {}
    faults: list[str] = []
    for metric in metrics:
        started = time.perf_counter()
        gathered, fault = _gather(metric, context)
        log.debug("%s: %.3f s", metric.name, time.perf_counter() - started)
        if fault:
            faults.append(fault)
        for column in metric.columns:
            if column.name in gathered:
                value = _ordered(column, gathered[column.name])
                snapshots[column.name] = Snapshot(value, clock())
            else:
                missing[column.name] = fault or _why(context)
    if context.puppetdb_fault is not None:
        faults.append(str(context.puppetdb_fault))
    return Report(site_id, snapshots, missing, dict(context.withheld), tuple(faults))


def _gather(metric: Metric, context: Context) -> tuple[Mapping[str, Any], str]:
    """A metric's valid values, or none and the fault.

    A fault names the metric and where in its data it lies: the values may be private ones.
    """
    try:
        try:
            metric.setup(context)
            gathered = metric.gather(context)
        finally:
            metric.cleanup(context)
        found = Validator(metric.columns, _vocabulary(metric.columns, context)).faults(gathered)
    except (Exception, SystemExit) as error:  # whatever a plug-in raises, the report goes on
        log.debug("%s failed", metric.name, exc_info=True)
        kind = type(error).__name__
        return (
            {},
            f"metric {metric.name} failed with {kind}: its columns are left out; -v says more",
        )
    if found:
        log.debug("%s: %s", metric.name, "; ".join(found))
        shown = "; ".join(found[:MAX_FAULTS_SHOWN])
        more = f" and {len(found) - MAX_FAULTS_SHOWN} more" * (len(found) > MAX_FAULTS_SHOWN)
        return (
            {},
            f"metric {metric.name} breaks its schema, its columns are left out: {shown}{more}",
        )
    return gathered, ""


def _vocabulary(columns: Sequence[Column], context: Context) -> dict[Domain, Any]:
    """The words of every domain that these columns use."""
    used = {column.domain for column in _walk(columns) if column.domain is not None}
    found = {domain: context.words(domain) for domain in used}
    return {domain: words for domain, words in found.items() if words is not None}


def _walk(columns: Sequence[Column]) -> Iterator[Column]:
    for column in columns:
        yield column
        yield from _walk(column.fields)


def _ordered(column: Column, value: Any) -> Any:
    """Rows sorted and their keys as declared: an order of the site's own would say something."""
    if column.mode is not Mode.REPEATED:
        return _row(column, value)
    return sorted((_row(column, row) for row in value), key=json.dumps)


def _row(column: Column, value: Any) -> Any:
    """One row of a table, or one plain value."""
    if not column.fields or value is None:
        return value
    return {
        item.name: _ordered(item, value[item.name]) for item in column.fields if item.name in value
    }


def _why(context: Context) -> str:
    if context.puppetdb_fault is not None:
        return "PuppetDB did not answer"
    return "no PuppetDB is configured" if not context.has_puppetdb else "the metric gave none"
