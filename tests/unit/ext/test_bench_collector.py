"""The benchmark of the collector runs, with numbers that say nothing."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.collector.intake import Intake
from dropsonde.collector.vocabulary_file import by_module
from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from ext.benchmark.collector.reports import Reports
from tests.unit.collector.intake.reports import MESSAGE_ID, NOW, VERSIONS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("size", [30_000, 50_000])
def test_its_reports_are_like_the_probes(size: int) -> None:
    """Else the collector would be measured on its way for odd ones."""
    reports = Reports(size)
    words = {Domain.FORGE_SLUG: reports.slugs, Domain.OS_FAMILY: OS_FAMILIES}
    intake = Intake(VERSIONS, words, by_module(reports.vocabulary()))
    for number in (0, 1, 100_031):
        plain = reports.plain(number)
        assert gzip.decompress(reports.packed(number)) == plain
        assert abs(len(plain) - size) < size // 20
        assert intake._usual.read(plain) is not None
        taken = intake.take(plain, NOW, MESSAGE_ID)
        assert taken.dropped == {}
        assert len(taken.row.columns["modules"]) > 50
    assert reports.plain(1)[:300] != reports.plain(33)[:300]
    assert reports.plain(1)[300:] == reports.plain(33)[300:]


def test_the_table(tmp_path: Path) -> None:
    numbers = ("--reports=8", "--runs=1", "--clients=1,3", "--week=20", "--bytes=30000")
    done = subprocess.run(
        [sys.executable, ROOT / "ext/bench", "collector", *numbers, "--scratch", tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    _, table, said = done.stdout.split("\n\n")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    assert {len(row) for row in rows} == {10}
    workers = f"{len(os.sched_getaffinity(0))} workers"
    assert [row[:2] for row in rows[2:]] == [
        ["no-op route", "1"],
        ["collector", "1"],
        [workers, "1"],
        ["with vocabulary", "1"],
        ["no-op route", "3"],
        ["collector", "3"],
        [workers, "3"],
        ["with vocabulary", "3"],
        ["bare insert", "1"],
        ["bare insert, packed", "1"],
    ]
    assert all(float(row[2].replace(",", "")) > 0 for row in rows[2:])
    assert said.startswith("A week of 20 sites: intake ")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
