"""The week's run: in order, once, held back where it is odd, and safe to kill anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.common.errors import (
    CollectorBusyError,
    FileError,
    HeldBackError,
    LedgerError,
    WeekOpenError,
)
from tests.support.patience import PATIENCE
from tests.unit.aggregation.made import NEXT, WEEK, Made, paid, usage
from tests.unit.aggregation.test_release import write_former

COUNTS = [
    f"sites of {WEEK}",
    *(f"count {name} of {WEEK}" for name in (
        "module_usage", "environments_per_site", "module_majors", "module_pairs",
    )),
]  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_week_is_closed_counted_published_and_dropped(made: Made) -> None:
    record = made.weekly.run(WEEK)
    assert made.steps == ["close", COUNTS[0], *COUNTS, f"publish ['{WEEK}']", "drop"]
    (release,) = made.public
    assert release.sites == 500
    assert [row[:2] for row in release.tables["module_usage"].rows] == [
        ("acme-apache", 400), ("acme-ntp", 212), ("other-apache", 25),
    ]  # fmt: skip
    assert record == json.loads((made.data / "weekly" / f"{WEEK}.json").read_bytes())
    assert {"closed", "checked", "released", "published", "finished"} <= record.keys()
    assert record["dropped"] == ["drop"]
    assert names(made.out) == [f"{WEEK}{SUFFIX}", f"{WEEK}.json"]
    assert names(made.data / "pending") == []
    assert paid(made) == [WEEK]


def test_a_second_run_does_nothing(made: Made) -> None:
    record = made.weekly.run(WEEK)
    made.steps.clear()
    assert made.weekly.run(WEEK) == record
    assert (made.steps, paid(made)) == ([], [WEEK])


def test_in_the_first_week_nobody_counts_and_nothing_is_released(made: Made) -> None:
    made.sites, made.groups = 0, {}
    for _ in range(2):
        record = made.weekly.run(WEEK)
        assert record.keys() == {"week", "closed", "moved", "nobody", "dropped"}
    assert made.steps == ["close", f"sites of {WEEK}", "drop"] * 2
    assert (made.public, paid(made)) == ((), [])
    made = replace(Made(made.root), now=made.now + timedelta(weeks=1))
    assert "published" in made.weekly.run(NEXT)
    assert (len(made.public), paid(made)) == (1, [NEXT])


def test_once_a_week_is_public_no_exact_number_decides_about_the_next(made: Made) -> None:
    made.weekly.run(WEEK)
    made = replace(made, now=made.now + timedelta(weeks=1), sites=0, groups={}, steps=[])
    with pytest.raises(HeldBackError, match="0 sites after 500"):
        made.weekly.run(NEXT)
    assert made.steps.count(f"sites of {NEXT}") == 1  # of the count itself
    assert paid(made) == [WEEK, NEXT]


def test_an_upgraded_directory_has_no_first_week(made: Made) -> None:
    write_former(made.out, "2026-W46.1", None)
    made.sites, made.groups = 0, {}
    made.weekly.run(WEEK)
    (release,) = made.public
    assert release.method.without_noise == ("2026-W46",)


def test_a_week_that_a_former_version_released_is_only_finished(made: Made) -> None:
    write_former(made.out, f"{WEEK}.1", None)
    record = made.weekly.run(WEEK)
    assert {"published", "finished"} <= record.keys()
    assert made.steps == ["close", "publish []", "drop"]
    assert (made.public, paid(made)) == ((), [])


def test_an_unfinished_week_is_not_touched(made: Made) -> None:
    made.now = datetime(2026, 11, 23, 0, 59, tzinfo=timezone.utc)
    with pytest.raises(
        WeekOpenError, match="2026-W47 is not finished: release it from 2026-11-23 01:00"
    ):
        made.weekly.run(WEEK)
    assert made.steps == []
    made.now += timedelta(minutes=2)
    made.weekly.run(WEEK)


def test_one_run_at_a_time(made: Made) -> None:
    with made.releasing.alone(), pytest.raises(CollectorBusyError):
        made.weekly.run(WEEK)
    assert made.steps == []


ODD: list[tuple[dict[str, Any], str]] = [
    ({"sites": 900}, "900 sites after 500"),
    ({"sites": 200}, "200 sites after 500"),
    ({"groups": {"module_usage": usage(apache=400, ntp=90)}}, "module_usage has 1 groups"),
    ({"groups": {"module_usage": usage(apache=400, ntp=130)}}, ""),
]


@pytest.mark.parametrize(("change", "found"), ODD)
def test_an_unusual_week_waits_for_a_person(made: Made, change: Any, found: str) -> None:
    made.queries = ("module_usage",)
    made.weekly.run(WEEK)
    made = replace(made, now=made.now + timedelta(weeks=1), steps=[], **change)
    if not found:
        made.weekly.run(NEXT)
        return
    with pytest.raises(HeldBackError, match=found):
        made.weekly.run(NEXT)
    assert [each.week for each in made.public] == [WEEK]
    assert names(made.data / "pending") == [f"{NEXT}{SUFFIX}", f"{NEXT}.json"]
    counted = ["close", f"sites of {NEXT}", f"count module_usage of {NEXT}"]
    assert made.steps == counted
    waiting = {path: path.read_bytes() for path in (made.data / "pending").iterdir()}
    with pytest.raises(HeldBackError):  # and nothing else is counted in the meantime
        made.weekly.run(NEXT)
    made.weekly.run(NEXT, anyway=True)
    assert [each.week for each in made.public] == [WEEK, NEXT]
    assert made.steps == [*counted, "close", "close", f"publish ['{WEEK}', '{NEXT}']", "drop"]
    assert {path.name: path.read_bytes() for path in made.out.glob(f"{NEXT}*")} == {
        path.name: data for path, data in waiting.items()
    }
    assert (names(made.data / "pending"), paid(made)) == ([], [WEEK, NEXT])


def test_a_week_that_is_held_back_is_shown_with_none(made: Made) -> None:
    """Its cells join those of the weeks after it once a person has released it."""
    made.queries = ("module_usage",)
    made.now = datetime(2027, 1, 1, tzinfo=timezone.utc)
    made.weekly.run(WEEK)
    odd = replace(made, sites=900)
    with pytest.raises(HeldBackError):
        odd.weekly.run(NEXT)
    made.weekly.run("2026-W49")
    assert made.public[-1].sites == 500
    odd.weekly.run(NEXT, anyway=True)
    made.weekly.run("2026-W50")
    assert [each.sites for each in made.public] == [500, 700, 500, 600]


def test_noise_alone_holds_no_week_back(made: Made) -> None:
    made.year = Budget(8.0, 1e-6)
    made.sites, made.groups = 3000, {"module_usage": usage(apache=1000, ntp=60)}
    for week in range(40, 48):
        made.weekly.run(f"2026-W{week}")
    assert len(made.public) == 8


DAMAGE = {
    "the release": lambda pending: (pending / f"{NEXT}.json").write_bytes(b"{"),
    "its cells": lambda pending: (pending / f"{NEXT}{SUFFIX}").write_bytes(b"PAR1"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_pending_week_is_told(made: Made, damage: Any) -> None:
    made.weekly.run(WEEK)
    made = replace(made, now=made.now + timedelta(weeks=1), sites=900)
    with pytest.raises(HeldBackError):
        made.weekly.run(NEXT)
    damage(made.data / "pending")
    with pytest.raises(FileError, match=r"2026-W48\.json or its cells are damaged: delete both"):
        made.weekly.run(NEXT, anyway=True)
    assert [each.week for each in made.public] == [WEEK]
    for path in (made.data / "pending").iterdir():
        path.unlink()
    made.weekly.run(NEXT, anyway=True)
    assert paid(made) == [WEEK, NEXT, NEXT]


def test_a_pending_week_that_the_ledger_does_not_know_stays_pending(made: Made) -> None:
    """As after an older ledger was restored from a backup."""
    made.weekly.run(WEEK)
    older = (made.data / "ledger.json").read_bytes()
    made = replace(made, now=made.now + timedelta(weeks=1), sites=900)
    with pytest.raises(HeldBackError):
        made.weekly.run(NEXT)
    (made.data / "ledger.json").write_bytes(older)
    with pytest.raises(LedgerError, match="payment for 2026-W48 is missing"):
        made.weekly.run(NEXT, anyway=True)
    assert [each.week for each in made.public] == [WEEK]


def test_a_damaged_record_is_begun_again(made: Made) -> None:
    record = made.weekly.run(WEEK)
    path = made.data / "weekly" / f"{WEEK}.json"
    for data in (b"", b"[]", b"{"):
        path.write_bytes(data)
        assert made.weekly.run(WEEK).keys() == record.keys() - {
            "checked",
            "released",
            "unusual",
            "anyway",
        }
    assert paid(made) == [WEEK]


KILLING = """
import json, os, signal, sys
from pathlib import Path
from tests.unit.aggregation.test_weekly import NEXT, WEEK, Made, paid

def alive(root, at):
    # In a child: run the week, and die at a given write, if there are so many.
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        writes = event in {"os.rename", "os.remove", "os.mkdir", "tempfile.mkstemp", "fcntl.flock"}
        if event == "open" and str(root) in str(arguments[0]):
            writes = bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR))
        if writes:  # before a read, the disk is as it is before the next write
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if child == 0:
        sys.addaudithook(hook)
        Made(root, queries=("module_usage", "module_majors")).weekly.run(WEEK)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

def files(directory):
    return {p.name: p.read_bytes() for p in directory.glob("2026*")} if directory.exists() else {}

Made(Path(sys.argv[1])).public  # what is imported late is imported now
at, done = 0, False
while not done:
    at += 1
    root = Path(sys.argv[1]) / str(at)
    root.mkdir()
    done = alive(root, at)
    made = Made(root)
    early = [each.week for each in made.public]  # a reader in between
    assert early in ([], [WEEK]), early
    before, waiting, once = files(made.out), files(made.data / "pending"), len(paid(made))
    assert not early or before.keys() == {f"{WEEK}.json", f"{WEEK}.cells.parquet"}, before.keys()
    assert alive(root, 0)
    after = files(made.out)
    assert after.keys() == {f"{WEEK}.json", f"{WEEK}.cells.parquet"}, after.keys()
    assert not early or before == after, "what was public has changed"
    whole = f"{WEEK}.json" in waiting and f"{WEEK}.cells.parquet" in waiting
    if whole:
        assert after == waiting, "what waited was not what became public"
    if whole or early:
        assert len(paid(made)) == once == 1, "paid again"
    record = json.loads((made.data / "weekly" / f"{WEEK}.json").read_bytes())
    assert {"published", "finished"} <= record.keys()
    assert list((made.data / "pending").glob("2026*")) == []
    (release,) = made.public
    assert release.sites == 500
    between = bool(before) and not early
    print(json.dumps({"at": at, "killed": not done, "public": bool(early), "between": between,
                      "waited": whole, "paid": len(paid(made))}))
"""


@pytest.mark.slow
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLING, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=3 * PATIENCE,  # for 130 runs
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) > 25
    assert [each["killed"] for each in seen] == [True] * (len(seen) - 1) + [False]
    for what in ("public", "between", "waited"):
        assert {each[what] for each in seen} == {True, False}, what
    assert {each["paid"] for each in seen} == {1, 2}
