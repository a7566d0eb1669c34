"""Build a report: the one pure function that preview and submit share.

All gathered values are checked against the schema, and each word against the public vocabularies.
When a metric fails, or its values break its schema, the report leaves out its columns, names it in
a fault, and goes on.
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


@dataclass(frozen=True)
class Report:
    """The values that a site would send, and what it would not.

    Attributes:
        site_id: 128 hexadecimal digits.
        snapshots: column name to value; only these leave the site.
        missing: column name to the reason why it has no value.
        withheld: reason to the number withheld for it; never sent.
        faults: what went wrong, one line each; a report with faults is incomplete.
    """

    site_id: str
    snapshots: Mapping[str, Snapshot]
    missing: Mapping[str, str] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the exact bytes that are sent: compact JSON and a newline."""
        return to_bytes(self.site_id, self.snapshots)

    def reduced(self, columns: Container[str]) -> Report:
        """Return the same report with only these columns."""
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
        clock: returns the time, in UTC.
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
    """Return a metric's valid values, or no values and the fault.

    The fault holds the metric and the location in its data, but no values, as they may be private.
    """
    try:
        try:
            metric.setup(context)
            gathered = metric.gather(context)
        finally:
            metric.cleanup(context)
        faults = Validator(metric.columns, _vocabulary(metric.columns, context)).faults(gathered)
    except (Exception, SystemExit) as error:  # after any error of a plug-in, the report goes on
        log.debug("%s failed", metric.name, exc_info=True)
        kind = type(error).__name__
        return (
            {},
            f"metric {metric.name} failed with {kind}: its columns are left out; -v says more",
        )
    if faults:
        log.debug("%s: %s", metric.name, "; ".join(faults))
        shown = "; ".join(faults[:MAX_FAULTS_SHOWN])
        more = f" and {len(faults) - MAX_FAULTS_SHOWN} more" * (len(faults) > MAX_FAULTS_SHOWN)
        return (
            {},
            f"metric {metric.name} breaks its schema, its columns are left out: {shown}{more}",
        )
    return gathered, ""


def _vocabulary(columns: Sequence[Column], context: Context) -> dict[Domain, Any]:
    """The vocabulary of every domain that these columns use."""
    used = {column.domain for column in _walk(columns) if column.domain is not None}
    found = {domain: context.words(domain) for domain in used}
    return {domain: words for domain, words in found.items() if words is not None}


def _walk(columns: Sequence[Column]) -> Iterator[Column]:
    for column in columns:
        yield column
        yield from _walk(column.fields)


def _ordered(column: Column, value: Any) -> Any:
    """Sort rows, and order their keys as declared: the original order could reveal something."""
    if column.mode is not Mode.REPEATED:
        return _row(column, value)
    return sorted((_row(column, row) for row in value), key=json.dumps)


def _row(column: Column, value: Any) -> Any:
    """Order the keys of one row; return a plain value as it is."""
    if not column.fields or value is None:
        return value
    return {
        item.name: _ordered(item, value[item.name]) for item in column.fields if item.name in value
    }


def _why(context: Context) -> str:
    if context.puppetdb_fault is not None:
        return "PuppetDB did not answer"
    return "no PuppetDB is configured" if not context.has_puppetdb else "the metric gave none"
