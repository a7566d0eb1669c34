"""Health says whether reports are kept; it needs no report to notice, nor to mend what it can."""

from __future__ import annotations

import os
import random
import signal
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.store.condition import Condition
from dropsonde.collector.store.spool import database
from dropsonde.collector.web.health import Health
from dropsonde.common.errors import WeekDamagedError
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, report, to_bytes
from tests.unit.collector.store.making import flip
from tests.unit.collector.web.serving import JSON, NOW, Program, served

CLASSES = [{"name": f"apache::c{each}", "count": each} for each in range(100, 400)]
DAY = timedelta(days=1)


def post(url: str, number: int) -> httpx.Response:
    document = report({**COLUMNS, "classes": CLASSES, "environment_count": number})
    document["site_id"] = f"{random.Random(number).getrandbits(512):0128x}"
    return httpx.post(url, content=to_bytes(document), headers=JSON)


def health(url: str) -> tuple[int, str]:
    answer = httpx.get(f"{url}/healthz")
    return answer.status_code, answer.json()["message"]


def make_noise(path: Path) -> None:
    """Spoil the first page and half of the others, as a failing disk may."""
    rng = random.Random(5)
    with path.open("r+b", buffering=0) as file:
        pages = path.stat().st_size // database.PAGE
        assert pages > 20
        for number in (0, *rng.sample(range(1, pages), pages // 2)):
            file.seek(number * database.PAGE)
            file.write(rng.randbytes(database.PAGE))
        os.fsync(file.fileno())


def filled(tmp_path: Path) -> int:
    """A directory of a collector that ended, with many reports."""
    with Program(tmp_path, "--rate", "0", "--new-sites", "0") as collector:
        for number in range(200):
            assert post(collector.url, number).status_code == 200
        assert collector.ended(signal.SIGTERM) == (0, "")
    return 200


@pytest.mark.slow
def test_a_damaged_spool_is_set_aside_while_it_runs(tmp_path: Path) -> None:
    first = filled(tmp_path)
    with Program(tmp_path, "--rate", "0", "--new-sites", "0") as collector:
        assert health(collector.url) == (200, "ok")
        make_noise(collector.data / "spool.sqlite")
        seen, acknowledged, refused = set(), [], 0
        for number in range(first, first + 2000):
            answer = post(collector.url, number)
            seen.add(health(collector.url))
            if answer.status_code == 200:
                acknowledged.append(number)
            else:
                assert answer.status_code == 503
                assert int(answer.headers["Retry-After"]) > 0
                refused += 1
            if refused and len(acknowledged) > 100 and health(collector.url) == (200, "ok"):
                break
        assert (503, "damaged") in seen
        assert refused > 0
        assert post(collector.url, first + 5000).status_code == 200
        rows = {number for (number,) in collector.rows("environment_count")}
        assert first + 5000 in rows
        after = acknowledged[acknowledged.index(max(acknowledged)) - 50 :]
        assert set(after) <= rows  # all that came into the new one
        assert len(list((collector.data / "damaged").iterdir())) == 1
        code, said = collector.ended(signal.SIGTERM)
    assert code == 0
    (line,) = said.splitlines()
    assert line.startswith("dropsonde-collector: the spool was damaged and is set aside")
    with Program(tmp_path) as collector:
        assert collector.told == ""


@pytest.mark.slow
def test_damage_is_noticed_without_a_report(tmp_path: Path) -> None:
    filled(tmp_path)
    with Program(tmp_path) as collector:
        make_noise(collector.data / "spool.sqlite")
        wait_for(lambda: list(collector.data.glob("damaged/*")) != [])
        wait_for(lambda: health(collector.url) == (200, "ok"))
        assert post(collector.url, 1).status_code == 200
        assert "the spool was damaged" in collector.ended(signal.SIGTERM)[1]


def test_a_new_spool_begins_and_a_counter_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with served(tmp_path) as collector:
        for number in range(60):
            post(collector.url, number)
        assert "dropsonde_spools_set_aside 0.0" in collector.metrics().text
        collector.store._upkeep.writer.submit(database.truncate, alone=True).result()
        with (tmp_path / "data/spool.sqlite").open("r+b") as file:
            file.write(b"\0" * 100)
        assert health(collector.url) == (503, "damaged")
        wait_for(lambda: health(collector.url) == (200, "ok"))
        assert collector.rows() == [(0,)]
        assert post(collector.url, 3).status_code == 200
        assert collector.rows() == [(1,)]
        assert "dropsonde_spools_set_aside 1.0" in collector.metrics().text
        assert collector.store.condition.renew() is None  # it is sound
    (line,) = caplog.messages
    assert line.startswith("the spool was damaged and is set aside")


@pytest.mark.parametrize("jump", [100 * DAY, -100 * DAY])
def test_while_the_clock_is_wrong_no_report_is_taken(
    tmp_path: Path, jump: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    times = [NOW]
    with served(tmp_path, clock=lambda: times[-1]) as collector:
        assert collector.post().status_code == 200
        for _ in range(2):
            times.append(NOW + jump)
            answer = collector.post()
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
            assert health(collector.url) == (503, "clock")
            wait_for(lambda: "the clock jumped" in caplog.text)
            times.append(NOW)
            assert health(collector.url) == (200, "ok")
            assert collector.post().status_code == 200
            wait_for(lambda: "the clock is back: reports are taken again" in caplog.text)
            said = [each.getMessage() for each in caplog.records if each.name.startswith("drop")]
            assert len(said) == 2
            caplog.clear()
        assert collector.rows("week") == [("2026-W47",)]


def test_a_damaged_week_is_said_once_and_reports_are_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    later = NOW + 7 * DAY
    with served(tmp_path) as collector:
        assert collector.post().status_code == 200
        collector.store.compact(later)
        path = tmp_path / "data/dataset/week=2026-W47/part-0.parquet"
        flip(path, 4000)
        before = path.read_bytes()
        collector.store.put(INTAKE.take(to_bytes(report(COLUMNS)), NOW, "id").row)
        for _ in range(2):
            with pytest.raises(Exception, match="is not what was written"):
                collector.store.compact(later)
        assert health(collector.url) == (200, "degraded")
        assert collector.post().status_code == 200
        wait_for(lambda: "is not what was written" in caplog.text)
    said = [each.getMessage() for each in caplog.records if "not what" in each.getMessage()]
    assert len(said) == 1
    assert said[0].startswith(f"{path} is not what was written, so it is neither read nor changed")
    assert path.read_bytes() == before
    caplog.clear()
    with served(tmp_path) as collector:  # also at the next start
        assert health(collector.url) == (200, "degraded")
        wait_for(lambda: "is not what was written" in caplog.text)


def test_the_log_has_the_reason_also_of_what_was_found_just_now(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = Condition.state

    def finds_a_fault(self: Condition) -> str:
        self.files.damaged["2026-W01"] = WeekDamagedError("a week is damaged", "restore it")
        return state(self)

    monkeypatch.setattr(Health, "_look", lambda _: None)  # which would tell it a second later
    monkeypatch.setattr(Condition, "state", finds_a_fault)
    with served(tmp_path) as collector:
        assert health(collector.url) == (200, "degraded")
        assert "a week is damaged" in caplog.text


def test_a_closed_store_is_unavailable(tmp_path: Path) -> None:
    with served(tmp_path) as collector:
        (tmp_path / "data/spool.sqlite").rename(tmp_path / "elsewhere")
        assert health(collector.url) == (503, "unavailable")
        (tmp_path / "elsewhere").rename(tmp_path / "data/spool.sqlite")
        assert health(collector.url) == (200, "ok")
