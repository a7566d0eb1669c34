"""The report for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.metrics import Column, Domain, Metric, Mode, Type, integer, records, text
from dropsonde.protocol.report import Snapshot
from dropsonde.report import plugins
from dropsonde.report.build import Report
from dropsonde.report.formats.human import render

if TYPE_CHECKING:
    from dropsonde.site.context import Context

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SITE_ID = "0f" * 64


class Sizes(Metric):
    name = "sizes"
    description = "How large this site is, told in so many words that they take more than one line."
    columns = (
        integer("size", "The size."),
        records(
            "rows",
            "Some rows.",
            text("name", Domain.CLASS_NAME, "A class."),
            integer("count", "A count."),
            text("version", Domain.VERSION, "A version.", Mode.NULLABLE),
        ),
        Column("plain", Type.INTEGER, "Numbers.", Mode.REPEATED),
    )

    def gather(self, context: Context) -> Mapping[str, Any]:
        raise NotImplementedError(context)

    def example(self, rng: Random) -> Mapping[str, Any]:
        raise NotImplementedError(rng)


def report(values: Mapping[str, Any], **more: Any) -> Report:
    snapshots = {name: Snapshot(value, NOON) for name, value in values.items()}
    return Report(SITE_ID, snapshots, **more)


def lines(shown: Report, width: int = 60, *, color: bool = False) -> list[str]:
    """Of the columns that the report knows of."""
    only = {*shown.snapshots, *shown.missing}
    return list(render(shown, [Sizes()], width=width, color=color, only=only))


ROWS = [
    {"name": "ntp", "count": 12345, "version": "1.0.0"},
    {"name": "apache::mod::ssl", "count": 7, "version": None},
]


def test_a_whole_report() -> None:
    shown = report(
        {"size": 3, "rows": ROWS, "plain": []}, withheld={"private modules": 1234, "others": 5}
    )
    assert "\n".join(lines(shown)) == "\n".join(
        (
            "SIZES",
            "How large this site is, told in so many words that they take",
            "more than one line.",
            "",
            "  # The size.",
            "  size: 3",
            "",
            "  # Some rows.",
            "  rows: 2 rows",
            "    name              count  version",
            "    ----------------  -----  -------",
            "    ntp               12345  1.0.0",
            "    apache::mod::ssl      7  -",
            "",
            "  # Numbers.",
            "  plain: 0 rows",
            "",
            "Withheld; none of this leaves:",
            "        5  others",
            "    1,234  private modules",
            "",
            f"Site id: {SITE_ID[:12]}...",
            f"To be sent: {len(shown.to_bytes())} bytes",
        )
    )


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1234, "1,234 rows")]
)
def test_rows_are_counted(count: int, said: str) -> None:
    shown = lines(report({"rows": ROWS[:1] * count}))
    assert f"  rows: {said}" in shown
    assert sum(line.startswith("    ntp ") for line in shown) == count


def test_plain_values_stand_one_a_line() -> None:
    shown = lines(report({"plain": [1, 22]}))
    assert shown[shown.index("  plain: 2 rows") + 1 :][:3] == ["    1", "    22", ""]


def test_a_missing_column_says_why() -> None:
    shown = lines(report({"size": 1}, missing={"rows": "PuppetDB did not answer"}))
    assert "  rows: missing: PuppetDB did not answer" in shown
    assert not [line for line in shown if "plain" in line]


def test_all_columns_are_shown_unless_some_are_chosen() -> None:
    shown = report({"size": 3, "rows": ROWS, "plain": []})
    assert list(render(shown, [Sizes()], width=60, color=False)) == lines(shown)
    chosen = list(render(shown, [Sizes()], width=60, color=False, only=["size"]))
    assert chosen[:7] == [*lines(shown)[:6], ""]
    assert chosen[7:] == lines(shown)[-2:]


def test_a_metric_without_any_column_is_not_shown() -> None:
    shown = report({})
    assert lines(shown) == [
        f"Site id: {SITE_ID[:12]}...",
        f"To be sent: {len(shown.to_bytes())} bytes",
    ]


def test_bytes_have_a_separator() -> None:
    shown = report({"rows": ROWS * 100})
    assert lines(shown)[-1] == f"To be sent: {len(shown.to_bytes()):,} bytes"
    assert "," in lines(shown)[-1]


@pytest.mark.parametrize("width", [1, 20, 40, 41, 80, 200, 1000])
def test_descriptions_are_wrapped_and_tables_are_not(width: int) -> None:
    shown = lines(report({"size": 1, "rows": ROWS}), width)
    words = [line for line in shown if line.startswith("  #") or "words" in line or "more" in line]
    assert words
    assert max(map(len, words)) <= max(width, 40)
    assert shown == lines(report({"size": 1, "rows": ROWS}), max(width, 40))
    assert "    apache::mod::ssl      7  -" in shown
    assert not [line for line in shown if line != line.rstrip()]


def test_colour_is_on_headings_alone() -> None:
    shown = report({"size": 1, "rows": ROWS}, missing={"plain": "why"})
    colored = lines(shown, color=True)
    for name in ("SIZES", "size", "rows", "plain"):
        assert len([line for line in colored if f"\x1b[1m{name}\x1b[0m" in line]) == 1
    bare = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in colored]
    assert bare == lines(shown)
    assert "\x1b" not in "".join(lines(shown))


def test_the_built_in_metrics_are_told_in_ascii() -> None:
    metrics = plugins.choose(plugins.load(None), (), ())
    empty = report({column.name: [] for metric in metrics for column in metric.columns})
    shown = "\n".join(render(empty, metrics, width=80, color=True))
    assert shown.isascii()
    for metric in metrics:
        for column in metric.columns:
            assert f"\x1b[1m{column.name}\x1b[0m: 0 rows" in shown
