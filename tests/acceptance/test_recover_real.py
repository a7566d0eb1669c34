"""A damaged spool is read by SQLite's own program, as docs/collector.md says."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from dropsonde.collector.store.spool.database import PAGE
from tests.real.sqlite import unpacked
from tests.unit.collector.intake.reports import COLUMNS, report, to_bytes
from tests.unit.collector.web.serving import JSON, Program

pytestmark = pytest.mark.real

MANUAL = (Path(__file__).resolve().parents[2] / "docs/collector.md").read_text(encoding="utf-8")
CHAPTER = MANUAL.partition("## A damaged spool\n")[2].partition("\n## ")[0]
READ, FIRST_PAGE = re.findall(r"``` sh\n(.*?)```", CHAPTER, re.DOTALL)
COMPLAINT = "Parse error near line 8: object name reserved for internal use: sqlite_sequence\n"
SITES = 60
CLASSES = [{"name": f"apache::c{each}", "count": each} for each in range(100, 400)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a sqlite3 with `.recover` is."""
    return unpacked(tmp_path_factory.mktemp("sqlite"))


def site_id(number: int) -> str:
    return f"{random.Random(number).getrandbits(512):0128x}"


def filled(directory: Path) -> Path:
    """The spool of a collector that has ended."""
    with Program(directory, "--rate", "0", "--new-sites", "0") as collector:
        for number in range(SITES):
            document = report({**COLUMNS, "classes": CLASSES, "environment_count": number})
            document["site_id"] = site_id(number)
            answer = httpx.post(collector.url, content=to_bytes(document), headers=JSON)
            assert answer.status_code == 200
        assert collector.ended(signal.SIGTERM) == (0, "")
    return directory / "data/spool.sqlite"


def make_noise(spool: Path, pages: Sequence[int]) -> None:
    rng = random.Random(3)
    with spool.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(rng.randbytes(PAGE))


def shell(programs: Path, script: str, **places: Path) -> tuple[str, str]:
    """Run what the manual says, as somebody types it; what is printed, and the complaints."""
    for name, path in places.items():
        script = script.replace(name, str(path))
    done = subprocess.run(
        ["sh", "-c", script],
        env={"PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr


def numbers(printed: str) -> set[int]:
    """The sites whose rows were printed; each is what it reported."""
    found = set()
    for line in printed.splitlines():
        _, site, columns = line.split("|", 2)
        number = json.loads(columns)["environment_count"]
        assert site.lower() == site_id(number)
        found.add(number)
    return found


def test_what_can_be_read_is_read(tmp_path: Path, programs: Path) -> None:
    spool = filled(tmp_path)
    make_noise(spool, [12, 20])
    with Program(tmp_path) as collector:
        (aside,) = (collector.data / "damaged").iterdir()
        printed, complaint = shell(programs, READ, DIR=collector.data, TIME=Path(aside.name))
        assert complaint == COMPLAINT
        assert SITES - 20 < len(numbers(printed)) < SITES
        # And as the line says it.
        (command,) = re.findall(r"`(.*?)`", collector.told)
        new = tmp_path / "new"
        assert shell(programs, command, NEW=new) == ("", COMPLAINT)
        last = READ.splitlines()[-1]
        assert shell(programs, last, NEW=new) == (printed, "")


def test_without_its_first_page(tmp_path: Path, programs: Path) -> None:
    spool = filled(tmp_path)
    make_noise(spool, [0])
    with Program(tmp_path) as collector:
        (aside,) = (collector.data / "damaged").iterdir()
        places = {"DIR": collector.data, "TIME": Path(aside.name)}
        printed, complaint = shell(programs, READ, **places)
        assert printed == ""
        assert "file is not a database" in complaint
        begin, copy, end = READ.partition("cd copy\n")
        whole = begin.replace("mkdir copy", "rm copy/NEW") + copy + FIRST_PAGE + end
        printed, complaint = shell(programs, whole, **places)
        assert numbers(printed) == set(range(SITES))
