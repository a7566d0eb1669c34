"""What changed, as people and programs see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.metrics import Column, Domain, Metric, Mode, Type, integer, records, text
from dropsonde.protocol.report import Snapshot
from dropsonde.report.build import Report
from dropsonde.report.comparison import compare
from dropsonde.report.formats.diff import legend, render_diff, to_json
from dropsonde.report.formats.human import render

if TYPE_CHECKING:
    from dropsonde.site.context import Context

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
OLD: dict[str, Any] = {
    "size": 3,
    "classes": [
        {"name": "apache", "count": 7},
        {"name": "ntp", "count": 48},
        {"name": "stdlib", "count": 1},
    ],
    "numbers": [1, 2],
    "hosts": 5,
    "families": [{"name": "Debian"}] * 1234,
    "version": "1.0.0",
}
NEW: dict[str, Any] = {
    "size": 4,
    "classes": [
        {"name": "ntp", "count": 49},
        {"name": "stdlib", "count": 1},
        {"name": "tomcat::install", "count": 2},
    ],
    "numbers": [2, 3],
    "modules": [{"name": "ntp", "version": "1.0.0"}],
    "total": 9,
    "version": "1.0.0",
}
MISSING = {"hosts": "PuppetDB did not answer"}


def shown(old: Mapping[str, Any], new: Mapping[str, Any], *, color: bool = False) -> list[str]:
    return list(render_diff(NOON, compare(old, new), MISSING, color=color))


def test_all_that_can_change() -> None:
    said = shown(OLD, NEW)
    report = "the last report that was sent, of 2026-01-01 12:00 UTC"
    assert said[0] == f"Changed since {report}: + new, ~ changed, - gone"
    assert said[1:] == [
        "",
        "size: 3 -> 4",
        "",
        "classes: 1 new, 1 changed, 1 gone",
        "    name             count",
        "    ---------------  -----",
        "  + tomcat::install      2",
        "  ~ ntp                 49  (count was 48)",
        "  - apache               7",
        "",
        "numbers: 1 new, 1 gone",
        "  + 3",
        "  - 1",
        "",
        "modules: new, 1 row",
        "    name  version",
        "    ----  -------",
        "  + ntp   1.0.0",
        "",
        "total: new, 9",
        "",
        "hosts: gone, was 5 (PuppetDB did not answer)",
        "",
        "families: gone, was 1,234 rows (its metric is not run)",
    ]


def test_marked_rows_have_a_colour_each() -> None:
    colored = shown(OLD, NEW, color=True)
    for code, mark in (("32", "+"), ("33", "~"), ("31", "-")):
        lines = [line for line in colored if line.startswith(f"\x1b[{code}m")]
        assert lines
        assert all(line.startswith(f"\x1b[{code}m  {mark} ") for line in lines)
        assert all(line.endswith("\x1b[0m") for line in lines)
    assert "\x1b[1mclasses\x1b[0m: 1 new, 1 changed, 1 gone" in colored
    assert "\x1b" not in "".join(shown(OLD, NEW))


def test_nothing_changed() -> None:
    said = "Nothing has changed since the last report that was sent, of 2026-01-01 12:00 UTC"
    assert shown(OLD, OLD) == [said]


def test_nothing_was_sent() -> None:
    said = "No report of this site has been sent yet: nothing to compare with"
    assert list(render_diff(None, (), {}, color=True)) == [said]
    assert to_json(None, (), {}) == {"since": None, "changes": []}


def test_more_than_one_thing_changed_in_a_row() -> None:
    old = {"rows": [{"name": "a", "count": 1, "version": None}]}
    new = {"rows": [{"name": "a", "count": 2, "version": "1.0.0"}]}
    assert shown(old, new)[-1] == "  ~ a         2  1.0.0    (count was 1, version was -)"


def test_an_archived_report_cannot_write_on_the_terminal() -> None:
    evil = "\x1b[2J\n\u202e\ud800\u9b3c"
    old = {"rows": [{evil: evil}], evil: evil, "size": evil, "plain": [evil]}
    new = {"rows": [], "size": 1, "plain": []}
    text = "".join(shown(old, new))
    assert "?[2J???\u9b3c" in text
    assert text.isprintable()


def test_a_table_of_odd_rows_is_still_told() -> None:
    assert shown({"rows": [1, {"name": "a"}]}, {"rows": []})[-1] == "rows: 2 rows -> 0 rows"


def test_json() -> None:
    document = to_json(NOON, compare(OLD, NEW), MISSING)
    assert json.loads(json.dumps(document)) == {
        "since": "2026-01-01T12:00:00Z",
        "changes": [
            {"column": "size", "kind": "value", "old": 3, "new": 4},
            {
                "column": "classes",
                "kind": "rows",
                "added": [{"name": "tomcat::install", "count": 2}],
                "removed": [{"name": "apache", "count": 7}],
                "changed": [
                    {"old": {"name": "ntp", "count": 48}, "new": {"name": "ntp", "count": 49}}
                ],
            },
            {"column": "numbers", "kind": "rows", "added": [3], "removed": [1], "changed": []},
            {"column": "modules", "kind": "new", "value": NEW["modules"]},
            {"column": "total", "kind": "new", "value": 9},
            {"column": "hosts", "kind": "gone", "value": 5, "reason": MISSING["hosts"]},
            {"column": "families", "kind": "gone", "value": OLD["families"], "reason": ""},
        ],
    }


class Sizes(Metric):
    name = "sizes"
    description = "Sizes."
    columns = (
        integer("size", "The size."),
        integer("total", "The total."),
        integer("hosts", "The hosts."),
        records(
            "classes",
            "Classes.",
            text("name", Domain.CLASS_NAME, "A class."),
            integer("count", "A count."),
        ),
        records(
            "modules",
            "Modules.",
            text("name", Domain.MODULE_NAME, "A module."),
            text("version", Domain.VERSION, "A version.", Mode.NULLABLE),
        ),
        Column("numbers", Type.INTEGER, "Numbers.", Mode.REPEATED),
    )

    def gather(self, context: Context) -> Mapping[str, Any]:
        raise NotImplementedError(context)

    def example(self, rng: Random) -> Mapping[str, Any]:
        raise NotImplementedError(rng)


def in_place(
    old: Mapping[str, Any], *, color: bool = False, only: list[str] | None = None
) -> list[str]:
    """The new report with its changes marked, without the descriptions."""
    values = {name: value for name, value in NEW.items() if name != "version"}
    report = Report(
        "0f" * 64, {name: Snapshot(value, NOON) for name, value in values.items()}, MISSING
    )
    changes = {change.column: change for change in compare(old, NEW)}
    lines = render(report, [Sizes()], width=80, color=color, only=only, changes=changes)
    return [line for line in lines if line and not line.startswith("  # ")][2:-2]


def test_a_report_with_its_changes_in_place() -> None:
    assert in_place(OLD) == [
        "  size: 4 (was 3)",
        "  total: 9 (new)",
        "  hosts: missing: PuppetDB did not answer (was 5)",
        "  classes: 3 rows (1 new, 1 changed, 1 gone)",
        "    name             count",
        "    ---------------  -----",
        "  ~ ntp                 49  (count was 48)",
        "    stdlib               1",
        "  + tomcat::install      2",
        "  - apache               7",
        "  modules: 1 row (new)",
        "    name  version",
        "    ----  -------",
        "  + ntp   1.0.0",
        "  numbers: 2 rows (1 new, 1 gone)",
        "    2",
        "  + 3",
        "  - 1",
        "families: gone, was 1,234 rows (its metric is not run)",
    ]


def test_what_is_shown_alone_is_marked_alone() -> None:
    assert in_place(OLD, only=["size"]) == ["  size: 4 (was 3)"]


def test_the_marks_of_a_report_are_coloured() -> None:
    colored = in_place(OLD, color=True)
    assert "\x1b[32m  + tomcat::install      2\x1b[0m" in colored
    assert "    stdlib               1" in colored


def test_no_more_rows_are_marked_than_were_added() -> None:
    rows = [{"name": "ntp", "version": "1.0.0"}] * 3
    changes = {
        change.column: change for change in compare({"modules": rows[:2]}, {"modules": rows})
    }
    report = Report("0f" * 64, {"modules": Snapshot(rows, NOON)})
    lines = list(
        render(report, [Sizes()], width=80, color=False, only=["modules"], changes=changes)
    )
    assert [line[:5] for line in lines if "ntp" in line] == ["  + n", "    n", "    n"]


@pytest.mark.parametrize("since", [None, NOON])
def test_the_first_line_is_the_same_in_both(since: datetime | None) -> None:
    changes = compare(OLD, NEW) if since else ()
    assert next(render_diff(since, changes, {}, color=False)) == legend(since, changes)
