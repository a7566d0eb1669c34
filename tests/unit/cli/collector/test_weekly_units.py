"""What starts `weekly`: its command lines are the program's, once a day, as nobody but its user."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from dropsonde.cli.collector.parser import build_parser

PLACE = Path(__file__).resolve().parents[4] / "ext/collector"
COLLECTOR = (PLACE / "dropsonde-collector.service").read_text()
SERVICE, TIMER, CRON = (
    (PLACE / f"dropsonde-weekly.{kind}").read_text() for kind in ("service", "timer", "cron")
)


def parsed(command: str) -> tuple[str, Path, Path, Path]:
    words = shlex.split(command)
    assert words[0].endswith("/dropsonde-collector")
    found = build_parser().parse_args(words[1:])
    return found.command, found.data, found.out, found.pages


def test_timer_and_cron_do_the_same() -> None:
    (start,) = re.findall("^ExecStart=(.*)$", SERVICE, re.MULTILINE)
    (releases,) = re.findall("^Environment=RELEASES=(.*)$", SERVICE, re.MULTILINE)
    by_timer = parsed(start.replace("${RELEASES}", releases).replace("$OPTIONS", ""))
    (line,) = (line for line in CRON.splitlines() if re.match("[0-9*]", line))
    minute, hour, *rest = line.split(maxsplit=6)
    assert rest[:4] == ["*", "*", "*", "dropsonde-collector"]
    assert minute.isdigit() and hour.isdigit()  # noqa: PT018 - of one thing
    by_cron = parsed(rest[4].removesuffix(" >/dev/null"))
    command, data, out, pages = by_timer
    assert by_timer == by_cron
    assert command == "weekly"
    assert pages.parent == out  # where the service may write
    for place in (data, out):
        assert re.search(f"^ReadWritePaths=-?{place}$", SERVICE, re.MULTILINE)


def test_the_timer_starts_after_the_week_is_over() -> None:
    (when,) = re.findall(r"^OnCalendar=\*-\*-\* ([0-9:]+) UTC$", TIMER, re.MULTILINE)
    assert "01:00" < when < "12:00"


@pytest.mark.parametrize("unit", [COLLECTOR, SERVICE], ids=["collector", "weekly"])
def test_what_goes_wrong_in_a_unit_cannot_take_the_machine(unit: str) -> None:
    (memory,) = re.findall(r"^MemoryMax=(\d+)G$", unit, re.MULTILINE)
    (tasks,) = re.findall(r"^TasksMax=(\d+)$", unit, re.MULTILINE)
    assert 2 <= int(memory) <= 4  # either takes 1 GB at most
    assert 256 <= int(tasks) <= 1024


@pytest.mark.parametrize("unit", [COLLECTOR, SERVICE], ids=["collector", "weekly"])
def test_a_unit_starts_when_the_clock_is_set(unit: str) -> None:
    (after,) = re.findall("^After=(.*)$", unit, re.MULTILINE)
    assert "time-sync.target" in after.split()
