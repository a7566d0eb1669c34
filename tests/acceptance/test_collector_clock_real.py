"""The real collector under a clock that is turned, by Debian's faketime, for the whole process."""

from __future__ import annotations

import signal
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.store import Reader, Store
from dropsonde.common.clock import utc_now
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, INTAKE, NEWEST, report, to_bytes
from tests.unit.collector.web.serving import JSON, REPORT, Program

pytestmark = pytest.mark.real

LIBRARY = "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1"


def filled(data: Path) -> int:
    """Seven finished weeks and the present one."""
    now = utc_now()
    with Store.open(data, NEWEST, utc_now) as store:
        for back in range(8):
            when = now - timedelta(weeks=back)
            store.put(INTAKE.take(to_bytes(report(COLUMNS)), when, "id").row)
        store.compact(now)
    return weeks(data)


def weeks(data: Path) -> int:
    ((found,),) = Reader(data, NEWEST).query("SELECT count(DISTINCT week) FROM community_metrics")
    return int(found)


@pytest.mark.parametrize("days", [100, -100])
def test_a_start_with_a_clock_100_days_off_keeps_every_week(tmp_path: Path, days: int) -> None:
    before = filled(tmp_path / "data")
    with pytest.raises(AssertionError, match=r"the clock says .* was last used at "):
        Program(tmp_path, within=["faketime", "-f", f"{days:+}d"])
    assert weeks(tmp_path / "data") == before
    with Program(tmp_path) as collector:
        assert httpx.post(collector.url, content=REPORT, headers=JSON).status_code == 200
        assert collector.ended(signal.SIGTERM) == (0, "")


def test_a_jump_while_it_runs_is_waited_out(tmp_path: Path) -> None:
    before = filled(tmp_path / "data")
    file = tmp_path / "offset"
    file.write_text("+0")
    turned = [
        *("env", LIBRARY, f"FAKETIME_TIMESTAMP_FILE={file}"),
        *("FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"),
    ]

    def answered(collector: Program) -> int:
        return httpx.post(collector.url, content=REPORT, headers=JSON).status_code

    with Program(tmp_path, "--rate", "0", within=turned) as collector:
        assert answered(collector) == 200
        file.write_text("+100d")
        wait_for(lambda: answered(collector) == 503)
        assert httpx.get(f"{collector.url}/healthz").json() == {"message": "clock"}
        file.write_text("+0")
        wait_for(lambda: answered(collector) == 200)
        assert httpx.get(f"{collector.url}/healthz").json() == {"message": "ok"}
        code, said = collector.ended(signal.SIGTERM)
    assert code == 0
    first, second = said.splitlines()
    assert "the clock jumped forward by more than a day" in first
    assert "the clock is back" in second
    assert weeks(tmp_path / "data") == before
