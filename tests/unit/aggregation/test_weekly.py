"""The week's run: in order, once, held back where it is odd, and safe to kill anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.release import Release, history
from dropsonde.aggregation.releasing import KEY, Noise, Releasing
from dropsonde.aggregation.weekly import Weekly
from dropsonde.common.errors import (
    AlreadyReleasedError,
    BudgetSpentError,
    CollectorBusyError,
    CorrectionRefusedError,
    FileError,
    HeldBackError,
    WeekOpenError,
)
from tests.unit.aggregation.made import WEEK, counts

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted

NEXT = "2026-W48"
NOISE = Noise(Budget(2.0, 1e-6), Budget(4.0, 1e-5))


@dataclass
class Made:
    """A data directory, with counts that a test changes."""

    root: Path
    now: datetime = datetime(2026, 12, 1, 12, 0, tzinfo=timezone.utc)
    sites: int = 500
    groups: dict[tuple[str, ...], int] = field(
        default_factory=lambda: {("a",): 400, ("b",): 212, ("c",): 3, ("d",): 25}
    )
    noise: Noise | None = None
    steps: list[str] = field(default_factory=list)
    keys: set[bytes] = field(default_factory=set)

    def count(self, week: str, key: bytes) -> tuple[Sequence[Counted], int]:
        self.steps.append(f"count {week}")
        self.keys.add(key)
        return [counts("modules", ["module"], self.groups)], self.sites

    @property
    def releasing(self) -> Releasing:
        data = self.root / "data"
        data.mkdir(exist_ok=True)
        return Releasing(data, self.root / "out", self.count, lambda: self.now, self.noise)

    def did(self, step: str) -> list[str]:
        self.steps.append(step)
        return [step]

    def publish(self) -> None:
        self.did(f"publish {[each.week for each in self.public]}")

    @property
    def weekly(self) -> Weekly:
        return Weekly(
            self.releasing, lambda: self.did("close"), self.publish, lambda: self.did("drop")
        )

    @property
    def public(self) -> tuple[Release, ...]:
        return history(self.root / "out")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def test_a_week_is_closed_counted_published_and_dropped(made: Made) -> None:
    record = made.weekly.run(WEEK)
    assert made.steps == ["close", f"count {WEEK}", f"publish ['{WEEK}']", "drop"]
    (release,) = made.public
    assert release.sites == 500
    # c is private; so is d, or 500 sites less the others would tell.
    assert release.tables["modules"].rows == (("a", 400), ("b", 210))
    assert record == json.loads((made.root / "data/weekly" / f"{WEEK}.json").read_bytes())
    assert {"closed", "checked", "released", "published", "finished"} <= record.keys()
    assert record["dropped"] == ["drop"]


def test_a_second_run_does_nothing(made: Made) -> None:
    record = made.weekly.run(WEEK)
    made.steps.clear()
    assert made.weekly.run(WEEK) == record
    assert made.steps == []


def test_each_week_is_bounded_by_the_same_key(made: Made) -> None:
    made.weekly.run(WEEK)
    made.now += timedelta(weeks=1)
    made.weekly.run(NEXT)
    (key,) = made.keys
    assert len(key) == 32
    assert (made.root / "data" / KEY).stat().st_mode & 0o777 == 0o600
    (made.root / "data" / KEY).write_bytes(key[:5])
    with pytest.raises(FileError, match="no usable key"):
        made.releasing.make("2026-W46")


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


ODD = [
    ({"sites": 900}, "900 sites after 500"),
    ({"sites": 200}, "200 sites after 500"),
    ({"groups": {("a",): 400, ("b",): 210, ("e",): 160}}, "1 groups that a fifth"),
    ({"groups": {("a",): 400, ("b",): 100}}, ""),
    ({"groups": {(f"m{n}",): 30 for n in range(90)}}, "90 groups after 2"),
    ({"groups": {("a",): 150, ("b",): 150}}, "adds up to 300 after 610"),
]


@pytest.mark.parametrize(("change", "found"), ODD)
def test_an_unusual_week_waits_for_a_person(made: Made, change: Any, found: str) -> None:
    made.weekly.run(WEEK)
    made = replace(made, now=made.now + timedelta(weeks=1), steps=[], **change)
    if not found:
        made.weekly.run(NEXT)
        return
    with pytest.raises(HeldBackError, match=found):
        made.weekly.run(NEXT)
    assert [each.week for each in made.public] == [WEEK]
    assert made.steps == ["close", f"count {NEXT}"]
    with pytest.raises(HeldBackError):  # and nothing else is counted in the meantime
        made.weekly.run(NEXT)
    made.weekly.run(NEXT, anyway=True)
    assert [each.week for each in made.public] == [WEEK, NEXT]
    assert made.steps.count(f"count {NEXT}") == 1
    assert list((made.root / "data/pending").iterdir()) == []


def test_noise_alone_holds_no_week_back(made: Made) -> None:
    made.noise = Noise(Budget(1.0, 1e-6), Budget(50.0, 1e-4))
    made.sites, made.groups = 3000, {(f"m{n}",): 10 + n for n in range(400)}
    for week in range(40, 49):
        made.weekly.run(f"2026-W{week}")
    assert len(made.public) == 9


def test_a_week_is_released_once_and_a_correction_is_compared(made: Made) -> None:
    made.weekly.run(WEEK)
    with pytest.raises(AlreadyReleasedError, match="2026-W47 is released already, on 2026-12-01"):
        made.releasing.make(WEEK)
    same = made.releasing.make(WEEK, correction=True)
    assert same.number == 2
    assert same.tables["modules"].suppressed is None


SMALL = [
    {"sites": 505}, {"sites": 490},
    {"groups": {("a",): 405, ("b",): 212, ("c",): 3, ("d",): 25}},
    {"groups": {("a",): 400, ("b",): 212, ("c",): 3, ("d",): 25, ("e",): 15, ("f",): 15}},
]  # fmt: skip
LARGE = [
    {"sites": 515},
    {"groups": {("a",): 415, ("b",): 214, ("c",): 3, ("d",): 24}},
    {"groups": {("a",): 400, ("b",): 212, ("c",): 3, ("d",): 25, ("e",): 20}},
]


@pytest.mark.parametrize("change", SMALL)
def test_a_correction_by_few_sites_is_refused(made: Made, change: Any) -> None:
    made.weekly.run(WEEK)
    made = replace(made, **change)
    with pytest.raises(CorrectionRefusedError, match="by few sites"):
        made.releasing.make(WEEK, correction=True)


@pytest.mark.parametrize("change", LARGE)
def test_a_correction_by_k_sites_is_none_of_one_site(made: Made, change: Any) -> None:
    made.weekly.run(WEEK)
    assert replace(made, **change).releasing.make(WEEK, correction=True).number == 2


def test_a_correction_is_compared_with_all_that_was_public(made: Made) -> None:
    made.weekly.run(WEEK)
    second = replace(made, sites=520)
    second.releasing.make(WEEK, correction=True).save(made.root / "out")
    with pytest.raises(CorrectionRefusedError, match="by few sites"):  # but not of the second
        replace(made, sites=505).releasing.make(WEEK, correction=True)
    assert replace(made, sites=535).releasing.make(WEEK, correction=True).number == 3


def test_a_damaged_release_stops_the_next(made: Made) -> None:
    made.weekly.run(WEEK)
    (made.root / "out" / f"{WEEK}.1.json").write_bytes(b"{")
    with pytest.raises(FileError, match="is no release: restore it"):
        made.releasing.make(WEEK)
    made.now += timedelta(weeks=1)
    with pytest.raises(FileError, match="is no release: restore it"):
        made.weekly.run(NEXT)


def test_a_week_stays_with_noise(made: Made) -> None:
    made.noise = NOISE
    made.weekly.run(WEEK)
    made.noise = None
    with pytest.raises(CorrectionRefusedError, match="with noise"):
        made.releasing.make(WEEK, correction=True)


def test_noise_is_paid_for_until_the_budget_is_spent(made: Made) -> None:
    made.noise = NOISE
    spent = [0.0]
    for _ in range(3):
        method = made.releasing.make(WEEK).method
        assert method.year_epsilon is not None
        assert spent[-1] < method.year_epsilon <= 4
        spent.append(method.year_epsilon)
    with pytest.raises(BudgetSpentError, match="the budget is 4"):
        list(map(made.releasing.make, [WEEK] * 20))


KILLING = """
import json, os, signal, sys
from datetime import datetime, timezone
from pathlib import Path
from tests.unit.aggregation.test_weekly import NOISE, WEEK, Made

def alive(root, at):
    # In a child: run the week, and die at a given write, if there are so many.
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        writes = event in {"os.rename", "os.remove", "os.mkdir", "tempfile.mkstemp", "fcntl.flock"}
        if writes or event == "open" and str(root) in str(arguments[0]):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if child == 0:
        sys.addaudithook(hook)
        Made(root, noise=NOISE if sys.argv[2] == "noise" else None).weekly.run(WEEK)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

Made(Path(sys.argv[1])).public  # what is imported late is imported now
import dropsonde.aggregation.privacy.noise, dropsonde.aggregation.privacy.ledger
at, done = 0, False
while not done:
    at += 1
    root = Path(sys.argv[1]) / str(at)
    root.mkdir()
    done = alive(root, at)
    early = [each.week for each in Made(root).public]  # a reader in between
    assert early in ([], [WEEK]), early
    before = {path.name: path.read_bytes() for path in (root / "out").glob("*.json")}
    assert alive(root, 0)
    after = {path.name: path.read_bytes() for path in (root / "out").glob("*.json")}
    assert list(after) == [f"{WEEK}.1.json"], list(after)
    assert not before or before == after, "what was public has changed"
    record = json.loads((root / "data/weekly" / f"{WEEK}.json").read_bytes())
    assert {"published", "finished"} <= record.keys()
    ledger = root / "data/ledger.json"
    paid = len(json.loads(ledger.read_bytes())["spent"]) if ledger.exists() else 0
    print(json.dumps({"at": at, "killed": not done, "public": bool(before), "paid": paid}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["noise", "plain"])
def test_a_run_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path, mode: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLING, str(tmp_path), mode],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(seen) > 15
    assert [each["killed"] for each in seen] == [True] * (len(seen) - 1) + [False]
    assert {each["public"] for each in seen} == {True, False}
    assert {each["paid"] for each in seen} == ({1, 2} if mode == "noise" else {0})
