"""Metrics for Prometheus: counts and times, and no data about a site or a client."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dropsonde.collector.intake.privacy import REASONS

REFUSED = (
    *("invalid", "bad_gzip", "slow", "no_length", "too_large", "unsupported_type", "too_many"),
    *("new_sites", "reading", "full", "unavailable", "unchecked", "gone", "fault"),
)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


class Counters:
    """The metrics of one collector since its start."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=True)
        self._received = Counter(
            "dropsonde_reports_received",
            "Reports that were taken, and are on disk.",
            registry=self._registry,
        )
        self._refused = Counter(
            "dropsonde_reports_refused",
            "Requests that were refused, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._dropped = Counter(
            "dropsonde_rows_dropped",
            "Rows of reports that were not kept, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._depth = Gauge(
            "dropsonde_spool_rows",
            "Reports that wait for their week to end.",
            registry=self._registry,
        )
        self._aside = Gauge(
            "dropsonde_spools_set_aside",
            "Damaged spools that were set aside; their reports are not counted.",
            registry=self._registry,
        )
        self._seconds = Histogram(
            "dropsonde_report_seconds",
            "From a taken report's headers to its answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._replaced = Counter(
            "dropsonde_workers_replaced",
            "Processes that check reports and ended unasked, as on a report that breaks them.",
            registry=self._registry,
        )
        for reason in REFUSED:  # each starts at 0
            self._refused.labels(reason)
        for reason in REASONS:
            self._dropped.labels(reason)

    def received(self, dropped: Mapping[str, int], seconds: float) -> None:
        """Count a report that was taken, its dropped rows, and its time."""
        self._received.inc()
        self._seconds.observe(seconds)
        for reason, rows in dropped.items():
            self._dropped.labels(reason).inc(rows)

    def refused(self, reason: str) -> None:
        """Count a refused request."""
        self._refused.labels(reason).inc()

    def replaced(self) -> None:
        """Count a worker process that was replaced."""
        self._replaced.inc()

    def text(self, depth: int, aside: int) -> bytes:
        """All metrics in Prometheus' text format.

        Args:
            depth: reports in the spool.
            aside: damaged spools.
        """
        self._depth.set(depth)
        self._aside.set(aside)
        return generate_latest(self._registry)
