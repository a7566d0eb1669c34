"""The public pages: numbers are released cells, links lead somewhere, no name is markup."""

from __future__ import annotations

import copy
import itertools
import math
import re
from functools import cache
from posixpath import dirname, join, normpath
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.publish import paths
from dropsonde.publish.api import documents
from dropsonde.publish.pages import MOST_ROWS, pages, wording
from dropsonde.publish.pages.node import Node
from tests.unit.publish.html import Page, parsed, resolve
from tests.unit.publish.releases import SLUGS, releases

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
LEAST = 200_000  # bytes of the home page with all that it loads at once
HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>&amp;{{ 7 * 7 }}{% raw %}"""
OURS = ("svg", "css", "js")


def made(kind: str) -> dict[str, Any]:
    """Documents of releases of a kind."""
    if kind == "first week":
        return dict(documents(releases()[:1]))
    if kind == "nothing is public":
        return dict(documents(releases(rows=0)))
    if kind == "gone":
        found = copy.deepcopy(dict(documents(releases())))
        gone = found[f"v1/modules/{SLUGS[0]}.json"]
        gone.update(dict.fromkeys(("sites", "share", "change", "unused")))
        gone["trend"][-1]["sites"] = None
        return found
    return dict(documents(releases(noise=kind == "noise", rows=700 if kind == "large" else 30)))


@cache
def site(kind: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    source = made(kind)
    return source, dict(pages(source))


@cache
def parsed_site(kind: str) -> dict[str, Page]:
    return {path: parsed(data) for path, data in site(kind)[1].items() if path.endswith(".html")}


KINDS = ("plain", "noise", "first week", "nothing is public", "gone", "large")
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


@pytest.mark.parametrize(("noise", "least"), [(False, 0), (True, 5)])
def test_only_what_noise_does_not_explain_is_rising(noise: bool, least: int) -> None:
    source = copy.deepcopy(made("plain"))
    weeks = [
        {"module_usage": {"error": each} if noise else {"step": 5}} for each in (9.0, 3.0, 4.0)
    ]
    changes = (None, -8, 0, 5, 6, 20)
    source["v1/compare.json"]["precision"] = weeks
    modules = source["v1/modules.json"]["modules"][: len(changes)]
    source["v1/modules.json"]["modules"] = modules
    for row, change in zip(modules, changes, strict=True):
        row["change"] = change
    text = dict(pages(source))["index.html"].decode()
    shown = [int(change) for change in re.findall(r'class="up" value="(\d+)"', text)]
    assert shown == [each for each in (20, 6, 5) if each > least]


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
    if bare.endswith("%"):
        return math.isclose(float(bare[:-1]) / 100, value, abs_tol=0.0051)
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
def test_what_is_not_exact_says_so(kind: str) -> None:
    """At least, plus or minus, or not public: never a bare number of sites."""
    _, found = site(kind)
    text = found[
        "tables/module_usage.html" if kind != "gone" else paths.module_page(SLUGS[0])
    ].decode()
    cells = re.findall(r'<t[dh][^>]*class="number">(.*?)</t[dh]>', text)[1:]
    cells = [cell for cell in cells if "<data" in cell]
    if kind == "noise":
        assert cells
        assert all('<span class="error">± <data' in cell for cell in cells)
    elif kind == "gone":
        assert parsed_site(kind)[paths.module_page(SLUGS[0])].loose.count("not public") == 2
    else:
        assert bool(cells) == (kind != "nothing is public")
        assert all(cell.startswith("≥ <data") for cell in cells)


@each_kind
def test_every_link_leads_to_something_that_is_published(kind: str) -> None:
    source, found = site(kind)
    index = source["v1/index.json"]
    files = {
        file
        for table in index["tables"]
        for some in (table["files"], table["history"])
        for file in some.values()
    } | {f"data/{place}/datapackage.json" for place in (index["newest"], "history")}
    there = {*source, *found, *files}
    for path, page in parsed_site(kind).items():
        ids = page.given("id")
        assert len(ids) == len(set(ids)), path
        for link in page.given("href") + page.given("src"):
            target, _, place = link.partition("#")
            if not target:
                assert place in ids, (path, link)
                continue
            file = target.partition("?")[0]
            assert not re.match("/|.*:", file), (path, link)
            assert normpath(join(dirname(path), file)) in there, (path, link)


def test_pages_load_only_what_lies_beside_them() -> None:
    _, found = site("noise")
    for path, page in parsed_site("noise").items():
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
    assert list(pages(made("noise"))) == list(site("noise")[1].items())


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


def poisoned(value: Any, key: str = "") -> Any:
    """The same document with hostile words wherever a name or a text stands."""
    if isinstance(value, dict):
        return {name: poisoned(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, key) for each in value]
    hostile = {"class", "version", "major", "platform", "requirement", "method", "title"}
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
    for path, data in found.items():
        if not path.startswith("badges/"):
            continue
        image = ET.fromstring(data)  # noqa: S314 - our own
        slug = path[len("badges/") : -len(".svg")]
        sites = source[f"v1/modules/{slug}.json"]["sites"]
        sign = "≈" if kind == "noise" else "≥"
        said = "number not public" if sites is None else f"{sign} {sites:,} sites"
        assert image.get("role") == "img"
        assert image.get("aria-label") == f"used by {said}"
        texts = [each.text for each in image.iter("{http://www.w3.org/2000/svg}text")]
        assert texts == ["used by", said]


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


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_a_bar_stays_within_its_box(value: int, longest: int) -> None:
    assert 0 <= float(wording.stretch(min(value, longest), longest)) <= 100
