"""A module's page: what it chooses, what it says that is missing, and how large it gets."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import pytest

from dropsonde.common.weeks import later
from dropsonde.publish import paths
from dropsonde.publish.api import documents
from dropsonde.publish.pages import module_page, pages
from dropsonde.publish.pages.node import Node
from dropsonde.publish.sentences import KINDS
from tests.unit.publish.html import Page, parsed
from tests.unit.publish.releases import SLUGS, WEEKS, releases

SLUG = SLUGS[0]
PATH = f"v1/modules/{SLUG}.json"


@cache
def made(unit: str = "module") -> dict[str, Any]:
    return dict(documents(releases(unit=unit)))


def page(source: dict[str, Any]) -> tuple[str, Page]:
    shared = {path: each for path, each in source.items() if not path.startswith("v1/modules/")}
    data = dict(pages(shared | {PATH: source[PATH]}))[paths.module_page(SLUG)]
    return data.decode(), parsed(data)


def changed(**parts: Any) -> dict[str, Any]:
    source = copy.deepcopy(made())
    source[PATH].update(parts)
    return source


def node(value: Any) -> Node:
    return Node.root(PATH, value)


def trend(weeks: int) -> list[dict[str, Any]]:
    names = [later(WEEKS[-1], -ago) for ago in reversed(range(weeks))]
    return [{"week": name, "sites": at} for at, name in enumerate(names)]


def major(name: str, *sites: int | None) -> dict[str, Any]:
    return {"major": name, "sites": list(sites)}


def test_every_fourth_week_back_from_the_newest_stands_in_the_table() -> None:
    found = module_page.sampled(node(trend(150)))
    assert len(found) == 26
    assert [week for _, week in found] == [
        later(WEEKS[-1], -4 * ago) for ago in reversed(range(26))
    ]
    assert all(trend(150)[at]["week"] == week for at, week in found)
    # A week without a release is left out; the others stay the same.
    without = [each for each in trend(150) if each["week"] != later(WEEKS[-1], -8)]
    left = [week for _, week in module_page.sampled(node(without))]
    assert left == [week for _, week in found if week != later(WEEKS[-1], -8)]


def test_a_chart_has_the_majors_that_most_sites_had_in_its_weeks() -> None:
    weeks = module_page.sampled(node(trend(5)))
    assert [at for at, _ in weeks] == [0, 4]
    some = [
        major("9", None, 999, 999, 999, None),  # in no week of the chart
        *(major(name, 10 * int(name), 0, 0, 0, None) for name in "8765432"),
        major("1", None, 0, 0, 0, 500),
    ]
    found = module_page.majors(node(some), weeks)
    assert [str(each["major"]) for each in found] == ["8", "7", "6", "5", "1"]
    assert module_page.majors(node([]), weeks) == []


def test_the_newest_major_and_the_newest_minors_are_those_of_the_highest_numbers() -> None:
    majors = [{"major": name} for name in ("9", None, "10", "2")]
    assert str(module_page.newest_major(node(majors))["major"]) == "10"  # type: ignore[index]
    assert module_page.newest_major(node([{"major": None}])) is None
    names = [None, "1.9.0", "1.10.2", "1.10.0", "1.2.3-rc1", *(f"0.{at}.0" for at in range(9))]
    found = module_page.newest_releases(node([{"version": name} for name in names]))
    assert [str(each["version"]) for each in found] == [
        "1.10.2", "1.9.0", "1.2.3-rc1", "0.8.0", "0.7.0", "0.6.0",
    ]  # fmt: skip


def test_the_newest_major_has_its_share_among_the_first_facts() -> None:
    rows = [{"major": name, "sites": 100, "error": 3.5, "week_sites": 99, "share": 0.92,
             "share_error": 0.021} for name in ("9", "10")]  # fmt: skip
    text, found = page(changed(majors=rows))
    facts = text[: text.index("</dl>")]
    assert "On the newest major, <bdi>10.x</bdi>" in facts
    assert 'data-cell="#/majors/1/share"' in facts
    assert "10.x" in found.words


def test_what_numbers_hold_stands_on_the_page_where_it_belongs() -> None:
    texts = {
        "newest": "3.x is at 89 to 95% of sites",
        "half": "half of the sites had 3.x by 2026-W20",
        "gone": "1.x was last seen above the noise in 2026-W21",
        "share": "its share of all sites fell by 0.8 to 1.7 percentage points in 13 weeks",
        "sites": "sites fell by 4 to 9 in 13 weeks",
    }
    assert texts.keys() == set(KINDS) - {"deprecated"}  # that stands before all numbers
    said = [{"kind": kind, "text": text} for kind, text in texts.items()]
    text, found = page(changed(said=said))
    assert {f"{text[0].upper()}{text[1:]}." for text in texts.values()} <= found.words
    assert "3.x is at" in text[text.index('<h2 id="majors"') : text.index('<h2 id="support"')]
    assert "Its share" in text[: text.index("<h2")]
    assert '<ul class="said">' not in page(changed(said=[]))[0]


def test_of_many_pairs_the_first_fifty_stand_on_the_page() -> None:
    row = {"module": SLUGS[1], "sites": 30, "error": 4.5, "week_sites": 31,
           "lift": 2.5, "lift_error": 0.4}  # fmt: skip
    text, _ = page(changed(together=[row] * 400))
    cells = re.findall(r'"#/together/(\d+)"', text)
    assert cells == [str(at) for at in range(50)]
    assert "2.5\N{MULTIPLICATION SIGN}" in text


@pytest.mark.parametrize("unit", ["module", "site"])
def test_shares_are_told_where_the_two_numbers_can_be_compared(unit: str) -> None:
    source = made(unit)
    told = {name for name in ("majors", "versions", "platforms", "classes", "systems", "together")
            if any(row.get("share") is not None for row in source[PATH][name])}  # fmt: skip
    text, found = page(source)
    assert ('id="line"' in text) == ("data-measure" in text) == (unit == "module")
    assert ("these are no shares of the module" in text) == (unit == "site")
    assert ("<strong>Lift</strong>" in text) == (unit == "module")
    cells = [number.cell.split("/") for number in found.numbers if number.cell.startswith(PATH)]
    shown = {cell[-3] for cell in cells if cell[-1] == "share" and len(cell) > 4}
    shown -= {"alike", "trend"}
    wanted = {"majors", "versions", "platforms", "classes"} if unit == "module" else set()
    assert told == wanted
    assert shown == wanted


@pytest.mark.parametrize("part", ["systems", "agents"])
def test_what_is_no_share_says_so(part: str) -> None:
    row = made()[PATH][part][0]
    for share, error in ((None, None), (0.25, 0.01)):
        text, _ = page(changed(**{part: [{**row, "share": share, "share_error": error}]}))
        section = text.partition(f'id="{part}"')[2].partition("</section>")[0]
        assert ("no shares of them" in section) == (share is None)
        assert ("as-share" in section) == (share is not None)


def test_without_a_script_shares_and_sites_both_stand() -> None:
    text, found = page(made())
    rows = found.given("class").count("as-share")
    assert rows == found.given("class").count("as-sites") > 3
    assert 'data-measure role="group" aria-label="What to show" hidden' in text


def test_modules_for_the_same_job_can_be_compared_at_once() -> None:
    others = [
        {
            "module": slug,
            "category": None if slug == SLUGS[1] else "time",
            "deprecated": slug == SLUGS[2],
            **dict.fromkeys(("sites", "error", "share", "share_error")),
        }
        for slug in SLUGS[1:7]
    ]
    text, found = page(changed(alike=others))
    assert f"../compare.html?m={'&amp;m='.join(SLUGS[:5])}" in text
    (marked,) = re.findall(r"<tr>.*deprecated.*</tr>", text)
    assert f"<bdi>{SLUGS[2]}</bdi>" in marked
    assert "time" in found.words
    assert text.count("<td>same name</td>") == 1


@pytest.mark.parametrize("successor", [None, SLUGS[1], "nobody-shown"])
def test_what_its_owner_says_on_the_forge_comes_first(successor: str | None) -> None:
    old = {"since": "2025-03-01", "superseded_by": successor}
    text, _ = page(changed(deprecated=old))
    (alert,) = re.findall(r'<p class="alert">.*', text)
    assert '<time datetime="2025-03-01">' in alert
    assert ("in its place" in alert) == (successor is not None)
    if successor is not None:
        assert f"<bdi>{successor}</bdi>" in alert
        assert ("<a " in alert) == (successor == SLUGS[1])  # only a public module has a page
    assert text.index(alert) < text.index('<dl class="facts">')
    assert 'class="alert"' not in page(made())[0]


@pytest.mark.parametrize(
    ("part", "keys", "known", "unknown"),
    [
        ("agents", {"agent": None, "major": "7"}, "openvox 7", "Puppet or OpenVox 7"),
        ("systems", {"os": None, "release": None}, "Debian 12", "not known"),
    ],
)
def test_what_its_sites_have_is_named_also_where_it_is_not_known(
    part: str, keys: dict[str, Any], known: str, unknown: str
) -> None:
    row = made()[PATH][part][0]
    named = dict(zip(keys, known.split(), strict=True))
    text, _ = page(changed(**{part: [{**row, **named}, {**row, **keys}]}))
    labels = re.findall(r'<span class="label">(.*?)</span><', text.partition(f'id="{part}"')[2])
    said = [re.sub("<[^>]*>", "", label) for label in labels]
    assert said[:2] == [known, unknown]


def test_what_is_missing_says_how_many_sites_it_needs() -> None:
    parts = (
        "majors",
        "versions",
        "platforms",
        "systems",
        "agents",
        "classes",
        "together",
        "requirements",
    )
    nothing: dict[str, Any] = dict.fromkeys((*parts, "alike", "said", "changes", "majors_trend"))
    source = changed(**{name: [] for name in nothing})
    text, found = page(source)
    tables = [f"module_{part}" for part in parts[:5]]
    cells = {number.cell for number in found.numbers}
    for table in (*tables, "class_usage", "module_pairs", "private_dependencies"):
        assert f"{PATH}#/precision/{table}/least" in cells
    headings = re.findall(r"<h[23][^>]*>([^<]*)<", text)
    assert headings == ["Adoption over weeks", "Not public", "Badge"]
    assert 'id="missing"' not in page(made())[0]


@pytest.mark.parametrize(
    ("sites", "drawn"),
    [([None, None, 40], True), ([0, 0, None], False), ([None] * 3, False)],
)
def test_there_is_no_chart_of_zeros(sites: list[int | None], drawn: bool) -> None:
    source = changed(majors_trend=[])
    for point, value in zip(source[PATH]["trend"], sites, strict=True):
        point["sites"] = value
    assert ("data-chart" in {name for _, each in page(source)[1].tags for name in each}) == drawn


def test_majors_over_time_are_a_table_that_a_chart_can_be_drawn_of() -> None:
    weeks = [each["week"] for each in trend(9)]
    points = [{**made()[PATH]["trend"][0], "week": week} for week in weeks]
    majors = [{"major": name, "sites": [30] * 9, "error": [2.5] * 9, "share": [share] * 9,
               "share_error": [0.02] * 9} for name, share in (("4", 0.9), ("3", 0.1))]  # fmt: skip
    text, found = page(changed(trend=points, majors_trend=majors))
    table = text[text.index('<h2 id="majors"') :]
    table = table[: table.index("</table>")]
    assert re.findall(r"data-line><bdi>([^<]*)", table) == ["4.x", "3.x"]
    assert re.findall(r"<time>([^<]*)", table) == [weeks[8], weeks[4], weeks[0]]
    cells = [number.cell for number in found.numbers if "/majors_trend/" in number.cell]
    assert cells[:2] == [f"{PATH}#/majors_trend/0/share/8", f"{PATH}#/majors_trend/0/share_error/8"]
    assert 'data-every="4" data-percent' in table


def test_the_forge_is_named_by_author_and_name() -> None:
    assert module_page.forge("a-b_c") == "https://forge.puppet.com/modules/a/b_c"
    with pytest.raises(ValueError, match="no name of a module"):
        module_page.forge('a-b"><script>')
