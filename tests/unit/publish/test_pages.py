"""The public pages: numbers are released cells, links lead somewhere, no name is markup."""

from __future__ import annotations

import copy
import itertools
import json
import math
import re
from dataclasses import replace
from functools import cache
from posixpath import dirname, join, normpath
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.publish import paths
from dropsonde.publish.api import documents
from dropsonde.publish.pages import MOST_ROWS, PIECE, pages, wording
from dropsonde.publish.pages.badge import NOT_PUBLIC
from dropsonde.publish.pages.node import Node
from tests.unit.publish.html import Number, Page, parsed, resolve
from tests.unit.publish.releases import SLUGS, WEEKS, releases

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
LEAST = 200_000  # bytes of the home page with all that it loads at once
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;{{ 7 * 7 }}{% raw %}"""
TIMES = "\N{MULTIPLICATION SIGN}"
OURS = ("svg", "css", "js")


def made(kind: str) -> dict[str, Any]:
    """Documents of releases of a kind."""
    if kind == "first week":
        return dict(documents(releases(weeks=1)))
    if kind == "nothing is public":
        return dict(documents(releases(rows=0)))
    if kind == "a month":
        first, *others = releases()
        return dict(documents((replace(first, week="2026-W43"), *others)))
    if kind == "gone":
        found = copy.deepcopy(dict(documents(releases())))
        gone = found[f"v1/modules/{SLUGS[0]}.json"]
        names = ("sites", "share", "change", "unused", "unused_share")
        gone.update(dict.fromkeys((*names, "error", *(f"{name}_error" for name in names))))
        gone["trend"][-1].update(sites=None, error=None, week_sites=None)
        return found
    unit = "site" if kind == "site" else "module"
    rows = 700 if kind == "large" else 30
    cells = () if kind == "first week" else WEEKS[1:]
    found = dict(documents(releases(unit=unit, rows=rows), cells))
    if kind == "site":
        found["v1/index.json"]["method"].update(without_noise=["2026-W01"], year_epsilon=None)
    return found


@cache
def site(kind: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    source = made(kind)
    return source, dict(pages(source))


@cache
def parsed_site(kind: str) -> dict[str, Page]:
    return {path: parsed(data) for path, data in site(kind)[1].items() if path.endswith(".html")}


KINDS = ("plain", "site", "first week", "nothing is public", "gone", "large", "a month")
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_no_digit_stands_outside_a_number_that_says_its_cell(kind: str) -> None:
    for path, page in parsed_site(kind).items():
        assert [text for text in page.loose if re.search(r"\d", text)] == [], path
        for said in page.spoken():
            left = said
            for word in sorted(page.words, key=len, reverse=True):
                left = left.replace(word, "")
            assert not re.search(r"\d", left), (path, said)


@pytest.mark.parametrize(("deviations", "least"), [(2, 0.02), (4, 0.04)])
def test_only_what_noise_does_not_explain_rises_or_falls(deviations: float, least: float) -> None:
    source = copy.deepcopy(made("plain"))
    source["v1/index.json"]["method"]["deviations"] = deviations
    changes = (None, -0.08, -0.019, 0.0, 0.019, 0.021, 0.039, 0.041, 0.2)
    modules = source["v1/modules.json"]["modules"][: len(changes)]
    source["v1/modules.json"]["modules"] = modules
    for row, change in zip(modules, changes, strict=True):
        row.update(share_change=change, share_change_error=None if change is None else 0.0196)
    text = dict(pages(source))["index.html"].decode()
    shown = [float(change) for change in re.findall(r'class="up" value="([\d.]+)"', text)]
    assert shown == [each for each in (0.2, 0.041, 0.039, 0.021, 0.019) if each > least]
    shown = [float(change) for change in re.findall(r'class="down" value="(-[\d.]+)"', text)]
    assert shown == [each for each in (-0.08, -0.019) if each < -least]


def test_such_a_digit_would_be_found() -> None:
    page = parsed(
        b'<p title="v2">of 12 <bdi>v2</bdi> <data value="3" data-cell="x#/y">3</data></p>'
    )
    assert page.loose == ["of 12 ", " "]
    assert page.words == {"v2"}
    assert "v2" in page.spoken()


def forms(value: float, text: str) -> bool:
    """Whether a text is one of the ways to write a number."""
    bare = text.replace(",", "").replace("+", "").replace("\N{MINUS SIGN}", "-")
    if bare.startswith("1 in "):
        return math.isclose(1 / float(bare[5:]), value, rel_tol=0.01)
    if bare.endswith("%"):
        return math.isclose(float(bare[:-1]) / 100, value, abs_tol=0.0101)
    if bare.endswith(TIMES):
        told = float(bare.removesuffix(TIMES))
        return math.isclose(told, value, abs_tol=0.1 if told < 10 else 1)
    if isinstance(value, float):
        return math.isclose(float(bare), value, rel_tol=1e-3) or float(bare) == math.ceil(value)
    return float(bare) == value


@each_kind
def test_every_number_is_the_cell_that_it_names(kind: str) -> None:
    source, _ = site(kind)
    numbers = [number for page in parsed_site(kind).values() for number in page.numbers]
    assert len(numbers) > 30
    for number in numbers:
        value = resolve(source, number.cell)
        assert isinstance(value, (int, float)), number
        assert number.value == str(value)
        assert forms(value, number.text), number


@each_kind
def test_no_number_of_sites_stands_without_its_error(kind: str) -> None:
    """Each is followed by the error of the same cell, and what is not public says so."""
    source, found = site(kind)
    names = {"sites": "error", "week_sites": "week_error", "of": "of_error"}
    names |= {name: f"{name}_error" for name in ("share", "change", "share_change", "unused")}
    names |= {name: f"{name}_error" for name in ("unused_share", "lift")}
    for path, page in parsed_site(kind).items():
        if path.startswith("tables/"):
            continue  # the error has a column of its own
        for number, after in itertools.pairwise([*page.numbers, Number("", "")]):
            where, _, name = number.cell.rpartition("/")
            above, _, of = where.rpartition("/")
            if "/majors_trend/" in where and of in names:
                assert after.cell == f"{above}/{names[of]}/{name}", path
            if name in names:
                assert after.cell == f"{where}/{names[name]}", path
                assert float(after.text.replace(",", "").rstrip(f"%{TIMES}")) >= 0
    if kind == "gone":
        assert parsed_site(kind)[paths.module_page(SLUGS[0])].loose.count("not public") == 5
    shown = re.findall(r'class="error">± <data', found["index.html"].decode())
    assert len(shown) >= 1 + 2 * len(source["v1/index.json"]["weeks"])


@pytest.mark.parametrize("made_up", [False, True])
def test_each_page_says_if_its_numbers_are_made_up(made_up: bool) -> None:
    source = copy.deepcopy(made("first week"))
    source["v1/index.json"]["made_up"] = made_up
    texts = [data.decode() for path, data in pages(source) if path.endswith(".html")]
    assert {"All of this is made up" in text for text in texts} == {made_up}


@pytest.mark.parametrize("kind", ["plain", "site"])
def test_numbers_that_weights_pull_down_say_so(kind: str) -> None:
    """Beside them stands how much of a site counts in full, of that very table."""
    method = "v1/index.json#/method"
    page = {number.cell for number in parsed_site(kind)[paths.module_page(SLUGS[0])].numbers}
    parts = ("majors", "versions", "platforms", "systems", "agents", "pairs")
    wanted = {f"{method}/contributions/module_{part}" for part in parts}
    wanted |= {f"{method}/contributions/{name}" for name in ("class_usage", "private_dependencies")}
    beside = {f"{method}/beside/module_{part}" for part in ("systems", "agents")}
    assert wanted <= page
    assert beside & page == (beside if kind == "plain" else set())
    for table in site(kind)[0]["v1/index.json"]["tables"]:
        name = table["name"]
        found = parsed_site(kind)[paths.table_page(name)].numbers
        assert f"{method}/contributions/{name}" in {number.cell for number in found}


def forge(path: str) -> str:
    """The address on the Forge of the module that a page is of."""
    author, _, name = path.removeprefix("modules/").removesuffix(".html").partition("-")
    return f"https://forge.puppet.com/modules/{author}/{name}"


@each_kind
def test_every_link_leads_to_something_that_is_published(kind: str) -> None:
    source, found = site(kind)
    index = source["v1/index.json"]
    files = (
        {each["cells"] for each in index["weeks"]}
        | {
            file
            for table in index["tables"]
            for some in (table["files"], table["history"])
            for file in some.values()
        }
        | {paths.package(place) for place in (index["newest"], paths.HISTORY, paths.LATEST)}
        | {paths.CHANGES, paths.OPENAPI}
        | {
            paths.data(paths.HISTORY, name, form)
            for name in ("sites", "methods")
            for form in paths.history_forms(name)
        }
    )
    there = {*source, *found, *files}
    for path, page in parsed_site(kind).items():
        if path == paths.NOT_FOUND:
            continue  # which is shown at any address
        ids = page.given("id")
        assert len(ids) == len(set(ids)), path
        for link in page.given("href") + page.given("src"):
            # The only address elsewhere is that of the module, where its author tells of it.
            if link == forge(path):
                continue
            target, _, place = link.partition("#")
            if not target:
                assert place in ids, (path, link)
                continue
            file = target.partition("?")[0]
            assert not re.match("/|.*:", file), (path, link)
            assert normpath(join(dirname(path), file)) in there, (path, link)


def test_pages_load_only_what_lies_beside_them() -> None:
    _, found = site("plain")
    for path, page in parsed_site("plain").items():
        policies = [each["content"] for _, each in page.tags if "http-equiv" in each]
        assert policies == [POLICY], path
        assert not page.given("style"), path
        assert [name for _, each in page.tags for name in each if name.startswith("on")] == []
        assert not [tag for tag, each in page.tags if tag == "script" and "src" not in each]
        assert "style" not in {tag for tag, _ in page.tags}
    for path, data in found.items():
        if path.endswith(OURS) and "uplot" not in path:
            left = data.decode().replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?:|@import|innerHTML|insertAdjacent|\beval\b", left), path


@each_kind
def test_headings_and_landmarks_are_in_order(kind: str) -> None:
    for path, page in parsed_site(kind).items():
        names = [tag for tag, _ in page.tags]
        levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), path
        assert names.count("main") == names.count("footer") == names.count("header") == 1
        assert next(each["href"] for tag, each in page.tags if tag == "a") == "#main"


def test_the_same_documents_give_the_same_bytes() -> None:
    assert list(pages(made("plain"))) == list(site("plain")[1].items())


def test_home_is_light() -> None:
    _, found = site("large")
    page = parsed_site("large")["index.html"]
    loaded = {link for link in page.given("href") + page.given("src") if "assets" in link}
    imported = {path for path in found if path.endswith(".js") and "uplot" not in path}
    assert sum(len(found[path]) for path in {"index.html"} | loaded | imported) < LEAST


def test_a_large_table_shows_its_largest_rows_and_where_all_are() -> None:
    source, found = site("large")
    large = [table for table in source["v1/index.json"]["tables"] if table["rows"] > MOST_ROWS]
    assert large
    for table in large:
        text = found[paths.table_page(table["name"])].decode()
        assert text.count("<tr>") == MOST_ROWS + 1
        assert f'"../{table["files"]["csv"]}"' in text


def test_the_table_of_all_modules_comes_in_numbered_parts() -> None:
    source, found = site("large")
    rows = [row["module"] for row in source["v1/modules.json"]["modules"]]
    copied = copy.deepcopy(source)
    several = [
        {**copied["v1/modules.json"]["modules"][0], "module": f"author-module{place}"}
        for place in range(2 * PIECE + 1)
    ]
    copied["v1/modules.json"]["modules"] = several
    made_ = dict(pages(copied))
    for names, data in ((rows, found), ([row["module"] for row in several], made_)):
        parts = -(-len(names) // PIECE)
        listed: list[str] = []
        for part in range(1, parts + 1):
            page = parsed(data[paths.modules_page(part)])
            heads = re.findall(
                r'<th scope="row">.*?<bdi>(.*?)</bdi>', data[paths.modules_page(part)].decode()
            )
            assert len(heads) <= PIECE
            listed += heads
            links = {each for each in page.given("href") if each.startswith("modules")}
            assert links >= {paths.modules_page(each) for each in range(1, parts + 1)}
        assert listed == names
        assert paths.modules_page(parts + 1) not in data


def test_a_week_that_was_not_released_is_named_in_each_table_of_weeks() -> None:
    _, found = site("a month")
    for path in ("index.html", paths.module_page(SLUGS[0])):
        text = found[path].decode()
        missing = re.findall(r"<tr data-missing>.*?</tr>", text)
        weeks = [re.findall(r"<time>(.*?)<", row) for row in missing]
        assert weeks == [["2026-W45"], ["2026-W44"]]
        assert all(">not released<" in row for row in missing)
    assert b"data-missing" not in site("plain")[1]["index.html"]


SVG = "{http://www.w3.org/2000/svg}"


@each_kind
def test_a_picture_to_embed_says_the_modules_share(kind: str) -> None:
    source, found = site(kind)
    modules = [each for path, each in source.items() if path.startswith("v1/modules/")]
    assert {path for path in found if path.startswith("embed/")} == {
        paths.embed(each["module"]) for each in modules
    }
    for each in modules:
        data = found[paths.embed(each["module"])]
        assert len(data) < 8000
        image = ET.fromstring(data)  # noqa: S314 - our own
        said = NOT_PUBLIC
        if each["share"] is not None:
            within = wording.percent_upwards(each["share_error"])
            said = f"used by {wording.percent(each['share'])} ± {within} of sites"
        assert image.findtext(f"{SVG}title") == f"{each['module']}: {said}"
        assert image.get("aria-labelledby") == "t d"
        weeks = [point["week"] for point in each["trend"]]
        about = image.findtext(f"{SVG}desc") or ""
        assert f"{weeks[0]} to {weeks[-1]}" in about
        assert not re.search(r"<script|<style|href", data.decode())


def test_a_picture_has_a_gap_where_a_week_is_missing_or_not_public() -> None:
    def lines(kind: str, slug: str, *, gone: int | None = None) -> tuple[int, int]:
        source = made(kind)
        if gone is not None:
            point = source[f"v1/modules/{slug}.json"]["trend"][gone]
            point.update(share=None, share_error=None)
        image = dict(pages(source))[paths.embed(slug)].decode()
        return image.count("<polyline"), image.count("<circle")

    assert lines("plain", SLUGS[0]) == (1, 0)
    assert lines("plain", SLUGS[0], gone=1) == (0, 2)
    assert lines("a month", SLUGS[0]) == (1, 1)
    assert lines("first week", SLUGS[0]) == (0, 1)


def poisoned(value: Any, key: str = "") -> Any:
    """The same document with hostile words wherever a name or a text stands."""
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, key) for each in value]
    hostile = {"class", "version", "major", "platform", "os", "release", "method", "title"}
    hostile |= {"description", "rows", "licence"}
    return f"{value}{HOSTILE}" if isinstance(value, str) and key in hostile else value


def test_no_name_ever_is_markup() -> None:
    source, clean = site("plain")
    found = dict(pages(poisoned(source)))
    assert set(found) == set(clean)
    poisons = 0
    for path, before in parsed_site("plain").items():
        after = parsed(found[path])
        tags = [(tag, set(each)) for tag, each in after.tags]
        # A module in a table is no link any more: the name is another.
        assert len([tag for tag, _ in tags if tag != "a"]) == len(
            [tag for tag, _ in before.tags if tag != "a"]
        ), path
        assert not {name for _, names in tags for name in names if name.startswith("on")}
        poisons += sum(HOSTILE in word for word in after.words)
        assert "49" not in "".join(after.loose)
    assert poisons > 20


@pytest.mark.parametrize("slug", ["../x-y", "a-b/c", "a-b.html", "-b", "a-", "a-b\n", "ä-b", ""])
def test_what_is_no_slug_becomes_no_path(slug: str) -> None:
    source = made("first week")
    module = copy.deepcopy(source[f"v1/modules/{SLUGS[0]}.json"]) | {"module": slug}
    with pytest.raises(ValueError, match="no name of a module"):
        list(pages(source | {"v1/modules/x.json": module}))


@pytest.mark.parametrize("name", ["../x", "a/b", "A", "a.b", ""])
def test_what_is_no_table_becomes_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a table"):
        paths.table_page(name)
    with pytest.raises(ValueError, match="no name of a table"):
        paths.table(name)
    with pytest.raises(ValueError, match="no name of a table"):
        paths.data("2026-W47", name, "csv")


@each_kind
def test_a_badge_says_the_modules_number(kind: str) -> None:
    source, found = site(kind)
    modules = {path: each for path, each in source.items() if path.startswith("v1/modules/")}
    wanted = {paths.NO_BADGE: NOT_PUBLIC}
    for each in modules.values():
        slug, sites, share = each["module"], each["sites"], each["share"]
        wanted[f"badges/{slug}.svg"] = wanted[f"badges/share/{slug}.svg"] = NOT_PUBLIC
        if sites is not None:
            wanted[f"badges/{slug}.svg"] = f"{sites:,} ± {math.ceil(each['error']):,} sites"
        if share is not None:
            within = wording.percent_upwards(each["share_error"])
            said = f"{wording.percent(share)} ± {within} of sites"
            wanted[f"badges/share/{slug}.svg"] = said
    images = {path: data for path, data in found.items() if path.startswith("badges/")}
    assert images.keys() == wanted.keys()
    for path, data in images.items():
        image = ET.fromstring(data)  # noqa: S314 - our own
        said = wanted[path]
        assert image.get("role") == "img"
        assert image.get("aria-label") == f"used by {said}"
        texts = [each.text for each in image.iter("{http://www.w3.org/2000/svg}text")]
        assert texts == ["used by", said]
        document = json.loads(found[f"v1/{path[: -len('.svg')]}.json"])
        assert (document["label"], document["message"]) == ("used by", said)
        assert f'fill="#{document["color"]}"' in data.decode()
    assert len({json.loads(found[f"v1/{path[:-4]}.json"])["color"] for path in images}) == (
        1 if kind == "nothing is public" else 2
    )


def test_no_module_has_the_name_of_the_badge_of_those_that_are_not_shown() -> None:
    for path in (paths.NO_BADGE, paths.NO_ENDPOINT):
        with pytest.raises(ValueError, match="no name of a module"):
            paths.badge(path.rpartition("/")[2].partition(".")[0])


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text(), inner, min_size=1)))
def test_a_node_says_where_it_stands(document: Any) -> None:
    node = Node.root("v1/x.json", document)
    while isinstance(node.value, dict):
        assert [each.value for each in node] == list(node.value.values())
        node = node[next(iter(node.value))]
        assert resolve({"v1/x.json": document}, node.cell) == node.value


def test_a_node_from_the_end_says_its_place_from_the_start() -> None:
    assert Node.root("v1/x.json", [3, 5, 8])[-1].cell == "v1/x.json#/2"


def test_the_chart_library_is_the_version_that_its_note_says() -> None:
    _, found = site("plain")
    beside = "assets/uplot/"
    version = re.search(rb"uPlot \(v([0-9.]+)\)", found[f"{beside}uPlot.iife.min.js"][:200])
    assert version
    assert b"uPlot %b," % version[1] in found[f"{beside}README.md"]
    assert b"MIT License" in found[f"{beside}LICENSE"]


@given(st.integers(-(10**9), 10**9) | st.floats(1e-9, 1e9))
def test_a_number_reads_as_what_it_is(value: float) -> None:
    assert forms(value, wording.number(value))


@given(st.floats(0, 1e9))
def test_an_error_is_never_told_smaller(value: float) -> None:
    assert value <= float(wording.upwards(value).replace(",", "")) <= value + 1


@given(st.floats(0, 3))
def test_an_error_of_a_share_is_never_told_smaller(value: float) -> None:
    told = float(wording.percent_upwards(value).rstrip("%")) / 100
    assert value - 1e-8 <= told <= value + 0.0101


@given(st.floats(0, 1e6))
def test_a_lift_reads_as_what_it_is_and_its_error_is_never_told_smaller(value: float) -> None:
    assert forms(value, wording.times(value))
    told = float(wording.times_upwards(value).rstrip(TIMES).replace(",", ""))
    assert value - 1e-6 <= told <= value + 1
    assert told <= value + 0.1 + 1e-6 or value > 9.9


@given(st.floats(1e-12, 0.4))
def test_a_chance_is_never_told_smaller(value: float) -> None:
    told = 1 / float(wording.chance(value).removeprefix("1 in ").replace(",", ""))
    assert value * (1 - 1e-6) <= told <= value * 2


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_a_bar_stays_within_its_box(value: int, longest: int) -> None:
    assert 0 <= float(wording.stretch(min(value, longest), longest)) <= 100


@given(st.floats(-1, 1))
def test_a_change_of_a_share_has_its_sign(value: float) -> None:
    said = wording.signed_percent(value)
    assert forms(value, said)
    assert (said[0] in "+\N{MINUS SIGN}") == (said != "0.0%")


def test_only_a_change_beyond_its_error_is_coloured() -> None:
    source = copy.deepcopy(made("a month"))
    path = f"v1/modules/{SLUGS[0]}.json"
    (row,) = source[path]["changes"]
    row.update(change=21, change_error=20.5, share_change=-0.01, share_change_error=0.01)
    page = parsed(dict(pages(source))[paths.module_page(SLUGS[0])])
    classes = {each["data-cell"]: each.get("class") for tag, each in page.tags if tag == "data"}
    assert classes["#/changes/0/change"] == "up"
    assert classes["#/changes/0/share_change"] is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.625, "63%"),
        (0.615, "62%"),
        (0.0625, "6.3%"),
        (0.145, "15%"),
        (0.0, "0%"),
        (-0.0004, "0.0%"),
        (-0.125, "\N{MINUS SIGN}13%"),
        (1.005, "101%"),
    ],
)
def test_a_half_goes_up(value: float, said: str) -> None:
    assert wording.percent(value) == said


def test_nothing_is_told_of_nobody() -> None:
    """A collector that just began: no empty heading, no chart of zeros, and what is needed."""
    (release,) = releases(weeks=1, rows=0)
    nobody = replace(release, sites=0, sites_week=0)
    found = dict(pages(dict(documents((nobody,)))))
    home = found["index.html"].decode()
    assert "data-chart" not in home
    assert "too few sites report to stand out of the noise" in home
    assert re.findall(r'<h2 id="(\w+)"', home) == ["modules", "more"]
    page = parsed(found["index.html"])
    needed = [each.cell for each in page.numbers if each.cell.endswith("/least")]
    assert needed == [
        f"v1/{name}.json#/precision/{table}/least"
        for name, table in (("modules", "module_usage"), ("systems", "operating_systems"))
    ]
    assert b"One needs <data" in found["modules.html"]
    for path in ("index.html", "modules.html"):
        assert "<tbody>\n</tbody>" not in found[path].decode()
        assert not re.search(r"<h[23][^>]*>[^<]*</h[23]>\s*(</section>|<h2)", found[path].decode())
