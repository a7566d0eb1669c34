"""A disk that is really full: 503 while it is, and no acknowledged report is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, report, to_bytes
from tests.unit.collector.web.serving import JSON, Program

MOUNT = (
    'mount -t tmpfs -o size=6m,mode=0700 tmpfs "$0"; head -c 3M /dev/zero > "$0/filler"; exec "$@"'
)
SQL = (
    "SELECT environment_count AS number, len(classes) AS classes FROM community_metrics ORDER BY 1"
)
MOST = 3000  # reports, after which a disk that does not fill is a fault of the test
CLASSES = [{"name": f"apache::c{each}", "count": each} for each in range(100, 900)]


def post(collector: Program, number: int) -> httpx.Response:
    document = report({**COLUMNS, "classes": CLASSES, "environment_count": number})
    document["site_id"] = f"{number:0128x}"
    return httpx.post(collector.url, content=to_bytes(document), headers=JSON)


def fill(collector: Program) -> tuple[list[int], httpx.Response]:
    """The reports that were taken, and the answer to the first one that was not."""
    for number in range(MOST):
        answer = post(collector, number)
        if answer.status_code != 200:
            return list(range(number)), answer
    raise AssertionError("the disk does not fill")


def health(collector: Program) -> tuple[int, str]:
    answer = httpx.get(f"{collector.url}/healthz")
    return answer.status_code, answer.json()["message"]


def test_a_full_disk_is_503_until_there_is_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    own = [] if os.geteuid() == 0 else ["--user"]
    mapped = ["--map-root-user"] if own else []
    within = ["unshare", *mapped, "--mount", "sh", "-euc", MOUNT, str(disk)]
    with Program(
        tmp_path, "--rate", "0", "--new-sites", "0", data=disk / "data", within=within
    ) as collector:
        inside = ["nsenter", *own, "--mount", f"--target={collector.pid}"]
        kept, answer = fill(collector)
        assert answer.status_code == 503
        assert answer.json() == {"message": "there is no room for reports at the moment"}
        assert int(answer.headers["Retry-After"]) > 0
        assert health(collector) == (503, "full")
        subprocess.run([*inside, "rm", disk / "filler"], check=True)
        wait_for(lambda: health(collector) == (200, "ok"))  # without a report
        assert post(collector, MOST).status_code == 200
        query = [
            sys.executable,
            "-m",
            "dropsonde.cli.collector",
            "query",
            "--data",
            str(disk / "data"),
        ]
        found = subprocess.run(
            [*inside, *query, "--format=json", SQL], check=True, capture_output=True, text=True
        )
    rows = [json.loads(line) for line in found.stdout.splitlines()]
    assert rows == [{"number": each, "classes": len(CLASSES)} for each in (*kept, MOST)]
    assert len(kept) > 10
