"""The made-up sites, and the weeks that are prepared for the demo."""

from __future__ import annotations

from pathlib import Path

from dropsonde.cli.collector.sources import newest
from dropsonde.collector.store import Reader
from dropsonde.demo.collector import report
from dropsonde.demo.world import MODULES, Site, published
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema import published as schemas

SITES, WEEKS = 6, ("2026-W38", "2026-W46", "2026-W47")
NEWER = {module.slug: module.releases for module in MODULES}


def test_prepared_weeks_and_the_one_that_was_sent_have_the_same_sites(tmp_path: Path) -> None:
    taken = report(tmp_path, tuple(schemas.load().values()), SITES, WEEKS)
    sql = "SELECT week, count(*) AS n, sum(len(modules)) AS modules FROM community_metrics"
    with Reader(tmp_path / "data", newest()).query(f"{sql} GROUP BY week ORDER BY week") as found:
        rows = list(found)
    assert [row[0] for row in rows] == list(WEEKS)
    assert sum(row[1] for row in rows) == taken
    modules = [
        sum(len(said["modules"]["value"]) for said in all_reports(place))
        for place in range(len(WEEKS))
    ]
    assert [row[2] for row in rows] == modules  # nothing of them was dropped on the way


def all_reports(week: int) -> list[dict[str, dict[str, list[dict[str, str]]]]]:
    found = (Site(number).report(week, "2026-11-18T00:00:00Z") for number in range(SITES))
    return [each[ANALYTICS][SNAPSHOTS] for each in found if each is not None]


def test_sites_move_to_newer_releases_and_never_back() -> None:
    moved = 0
    for number in range(SITES):
        site, versions = Site(number), dict[str, str]()
        for week in range(12):
            said = site.report(week, "2026-11-18T00:00:00Z")
            if said is None:
                continue
            for row in said[ANALYTICS][SNAPSHOTS]["modules"]["value"]:
                releases = NEWER[row["slug"]]
                before = versions.get(row["slug"], row["version"])
                assert releases.index(row["version"]) >= releases.index(before)
                moved += row["version"] != before
                versions[row["slug"]] = row["version"]
    assert moved > SITES


def test_all_that_they_report_of_modules_is_published() -> None:
    known = published()
    classes = frozenset().union(*(module.classes for module in known.values()))
    for said in all_reports(3):
        assert all(
            row["version"] in known[row["slug"]].versions for row in said["modules"]["value"]
        )
        assert {row["name"] for row in said["classes"]["value"]} <= classes
