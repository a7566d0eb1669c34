"""What starts `weekly` and `vocabulary`: the program's command lines, as nobody but its user."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from pathlib import Path

import pytest

from dropsonde.cli.collector.parser import build_parser

PLACE = Path(__file__).resolve().parents[4] / "ext/collector"
COLLECTOR = (PLACE / "dropsonde-collector.service").read_text()
SERVICE, TIMER, CRON = (
    (PLACE / f"dropsonde-weekly.{kind}").read_text() for kind in ("service", "timer", "cron")
)
VOCABULARY, BEFORE = (
    (PLACE / f"dropsonde-vocabulary.{kind}").read_text() for kind in ("service", "timer")
)
UNITS = {"collector": COLLECTOR, "weekly": SERVICE, "vocabulary": VOCABULARY}


def parsed(command: str) -> Namespace:
    words = shlex.split(command)
    assert words[0].endswith("/dropsonde-collector")
    return build_parser().parse_args(words[1:])


def by_timer(service: str) -> Namespace:
    (start,) = re.findall("^ExecStart=(.*)$", service, re.MULTILINE)
    for name, value in re.findall("^Environment=([A-Z]+)=(.*)$", service, re.MULTILINE):
        start = start.replace(f"${{{name}}}", value).replace(f"${name}", value)
    return parsed(start)


def by_cron(command: str) -> tuple[str, Namespace]:
    """When, and what."""
    lines = [line for line in CRON.splitlines() if re.match("[0-9*]", line)]
    (line,) = (line for line in lines if f"/dropsonde-collector {command} " in line)
    *when, user, words = line.split(maxsplit=6)
    assert user == "dropsonde-collector"
    return " ".join(when), parsed(words.removesuffix(" >/dev/null"))


@pytest.mark.parametrize("command", ["weekly", "vocabulary"])
def test_timer_and_cron_do_the_same(command: str) -> None:
    when, found = by_cron(command)
    assert re.fullmatch(r"\d+ \d+ \* \* [*6]", when)
    assert vars(found) == vars(by_timer(UNITS[command]))
    assert found.command == command


def test_the_service_may_write_where_the_releases_go() -> None:
    found = by_timer(SERVICE)
    assert found.pages.parent == found.out
    for place in (found.data, found.out):
        assert re.search(f"^ReadWritePaths=-?{place}$", SERVICE, re.MULTILINE)


def test_the_timer_starts_after_the_week_is_over() -> None:
    (when,) = re.findall(r"^OnCalendar=\*-\*-\* ([0-9:]+) UTC$", TIMER, re.MULTILINE)
    assert "01:00" < when < "12:00"


def test_the_vocabulary_is_renewed_before_the_week_ends() -> None:
    assert by_timer(VOCABULARY).data == by_timer(SERVICE).data
    assert re.search(r"^OnCalendar=Sat \*-\*-\* 02:00 UTC$", BEFORE, re.MULTILINE)
    (hours,) = re.findall(r"^RandomizedDelaySec=(\d+)h$", BEFORE, re.MULTILINE)
    (limit,) = re.findall(r"^TimeoutStartSec=(\d+)h$", VOCABULARY, re.MULTILINE)
    assert 2 + int(hours) + int(limit) < 48  # Monday


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_what_goes_wrong_in_a_unit_cannot_take_the_machine(unit: str) -> None:
    (memory,) = re.findall(r"^MemoryMax=(\d+)G$", unit, re.MULTILINE)
    (tasks,) = re.findall(r"^TasksMax=(\d+)$", unit, re.MULTILINE)
    assert 2 <= int(memory) <= 4  # either takes 1 GB at most
    assert 256 <= int(tasks) <= 1024


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_a_unit_starts_when_the_clock_is_set(unit: str) -> None:
    (after,) = re.findall("^After=(.*)$", unit, re.MULTILINE)
    assert "time-sync.target" in after.split()
