"""What names the pages' own address: feeds, site map, links to a page; and what is not found."""

from __future__ import annotations

import copy
import re
import struct
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest

from dropsonde.publish import paths
from dropsonde.publish.api import documents
from dropsonde.publish.pages import pages
from tests.unit.publish.html import Page, parsed
from tests.unit.publish.releases import MADE, SLUGS, WEEKS, releases

SITE = "https://numbers.example.org/puppet/"
ATOM = "{http://www.w3.org/2005/Atom}"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def source(*, weeks: int = 3, rows: int = 30) -> dict[str, Any]:
    return dict(documents(releases(weeks=weeks, rows=rows)))


@cache
def site() -> dict[str, bytes]:
    return dict(pages(source(), site=SITE))


def html() -> dict[str, Page]:
    found = {path: parsed(data) for path, data in site().items() if path.endswith(".html")}
    del found[paths.NOT_FOUND]
    return found


def given(page: Page, tag: str, name: str, value: str, wanted: str) -> list[str]:
    """An attribute of the elements that have another."""
    return [each[wanted] for kind, each in page.tags if kind == tag and each.get(name) == value]


def test_each_page_has_one_address_and_says_it() -> None:
    for path, page in html().items():
        address = SITE if path == "index.html" else f"{SITE}{path}"
        assert given(page, "link", "rel", "canonical", "href") == [address]
        assert given(page, "meta", "property", "og:url", "content") == [address]
        (title,) = given(page, "meta", "property", "og:title", "content")
        assert page.title == f"{title} · Dropsonde"
        (about,) = given(page, "meta", "property", "og:description", "content")
        assert given(page, "meta", "name", "description", "content") == [about]


def test_the_picture_of_a_link_is_as_large_as_the_page_says() -> None:
    for page in html().values():
        (picture,) = given(page, "meta", "property", "og:image", "content")
        data = site()[picture.removeprefix(SITE)]
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        size = [
            int(given(page, "meta", "property", f"og:image:{side}", "content")[0])
            for side in ("width", "height")
        ]
        assert [*struct.unpack(">II", data[16:24])] == size
        assert len(data) < 100_000


def test_without_an_address_nothing_names_one() -> None:
    found = dict(pages(source()))
    added = {path for path in site() if path.startswith("feeds/")} | {paths.SITEMAP}
    assert site().keys() - found.keys() == added
    assert found[paths.ROBOTS] == b"User-agent: *\nAllow: /\n"
    for path, data in found.items():
        if path.endswith(".html"):
            page = parsed(data)
            assert not given(page, "link", "rel", "canonical", "href")
            assert not given(page, "link", "rel", "alternate", "href")
            assert not [each for _, each in page.tags if each.get("property", "").startswith("og:")]
    assert "https://numbers" not in repr(found)


def test_the_site_map_has_every_page_once() -> None:
    found = ET.fromstring(site()[paths.SITEMAP])  # noqa: S314 - our own
    assert found.tag == f"{MAP}urlset"
    places = [each.text or "" for each in found.iter(f"{MAP}loc")]
    assert sorted(places) == sorted(
        SITE if path == "index.html" else f"{SITE}{path}" for path in html()
    )
    days = {each.text for each in found.iter(f"{MAP}lastmod")}
    assert days == {f"{MADE + timedelta(weeks=2):%Y-%m-%d}"}
    assert f"Sitemap: {SITE}sitemap.xml\n".encode() in site()[paths.ROBOTS]


def test_made_up_numbers_are_not_to_be_found() -> None:
    made_up = copy.deepcopy(source())
    made_up["v1/index.json"]["made_up"] = True
    assert b"\nDisallow: /\n" in dict(pages(made_up, site=SITE))[paths.ROBOTS]


@pytest.mark.parametrize("address", ["", SITE])
def test_what_is_not_found_is_shown_at_any_address(address: str) -> None:
    found = dict(pages(source(), site=address))
    page = parsed(found[paths.NOT_FOUND])
    assert given(page, "meta", "name", "robots", "content") == ["noindex"]
    top = address or "https://anywhere.example/"
    for link in page.given("href") + page.given("src"):
        if link != "#main":
            assert urljoin(f"{top}modules/a/b/c.html", link).removeprefix(top) in found, link


def feeds() -> dict[str, ET.Element]:
    return {
        path: ET.fromstring(data)  # noqa: S314 - our own
        for path, data in site().items()
        if path.startswith("feeds/")
    }


def test_there_is_a_feed_of_weeks_of_what_rises_and_of_each_module() -> None:
    modules = {
        paths.module_feed(each["module"])
        for path, each in source().items()
        if path.startswith("v1/modules/")
    }
    assert feeds().keys() == {paths.WEEKS_FEED, paths.RISING_FEED} | modules
    named = {
        urljoin(f"{SITE}{path}", link).removeprefix(SITE)
        for path, page in html().items()
        for link in given(page, "link", "type", "application/atom+xml", "href")
    }
    assert named == feeds().keys()


def texts(element: ET.Element, name: str) -> list[str]:
    return [each.text or "" for each in element.findall(f"{ATOM}{name}")]


def links(element: ET.Element, rel: str) -> list[str]:
    found = element.findall(f"{ATOM}link")
    return [each.attrib["href"] for each in found if each.attrib["rel"] == rel]


def test_feeds_are_as_rfc_4287_wants_them() -> None:
    for path, feed in feeds().items():
        assert feed.tag == f"{ATOM}feed"
        assert texts(feed, "id") == links(feed, "self") == [f"{SITE}{path}"]
        assert len(texts(feed, "title")) == len(texts(feed, "updated")) == 1
        assert [each.text for each in feed.findall(f"{ATOM}author/{ATOM}name")] == ["Dropsonde"]
        entries = feed.findall(f"{ATOM}entry")
        ids = [texts(each, "id") for each in entries]
        assert len({each for (each,) in ids}) == len(ids)
        times = []
        for each in [feed, *entries]:
            (title,) = texts(each, "title")
            assert title.strip()
            (updated,) = texts(each, "updated")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", updated)
            times.append(datetime.fromisoformat(updated.replace("Z", "+00:00")))
            (page,) = links(each, "alternate")
            path_of = page.removeprefix(SITE)
            assert path_of in site()
        assert times[1:] == sorted(times[1:], reverse=True)
        if entries:
            assert times[0] == times[1]
        for each in entries:
            (content,) = each.findall(f"{ATOM}content")
            assert (content.attrib["type"], bool(content.text)) == ("text", True)


def test_an_entry_of_a_week_is_the_same_in_every_later_publication() -> None:
    def entries(weeks: int) -> dict[str, bytes]:
        found = dict(pages(source(weeks=weeks), site=SITE))
        return {
            (each.findtext(f"{ATOM}id") or ""): ET.tostring(each).rstrip()
            for path, data in found.items()
            if path.startswith("feeds/") and path != paths.RISING_FEED
            for each in ET.fromstring(data).findall(f"{ATOM}entry")  # noqa: S314 - our own
        }

    before, after = entries(2), entries(3)
    assert len(before) > 20
    assert before.items() <= after.items()
    assert any(each.endswith(f"#{WEEKS[2]}") for each in after.keys() - before.keys())


def test_entries_say_the_weeks_number_with_its_error() -> None:
    newest = releases()[-1]
    first = feeds()[paths.WEEKS_FEED].find(f"{ATOM}entry")
    assert first is not None
    assert texts(first, "updated") == [f"{newest.made:%Y-%m-%dT%H:%M:%SZ}"]
    said = f"{newest.sites:,} ± {int(newest.sites_error + 1):,} sites"
    assert texts(first, "title") == [f"{newest.week}: {said}"]
    (row,) = [each for each in newest.tables["module_usage"].rows if each[0] == SLUGS[0]]
    entry = feeds()[paths.module_feed(SLUGS[0])].find(f"{ATOM}entry")
    assert entry is not None
    said = f"{row[1]:,} ± {int(row[2] + 1):,} sites"
    assert texts(entry, "title") == [f"{SLUGS[0]} in {newest.week}: {said}"]
    share = source()[f"v1/modules/{SLUGS[0]}.json"]["share"]
    assert f"{share:.0%} ± " in texts(entry, "content")[0]


def test_what_rises_is_one_entry_of_the_newest_week() -> None:
    changed = copy.deepcopy(source())
    rows = changed["v1/modules.json"]["modules"]
    for row in rows:
        row.update(share_change=0, share_change_error=0.0196)
    rows[0].update(share_change=0.041)
    rows[1].update(share_change=0.039)  # which noise explains
    feed = ET.fromstring(dict(pages(changed, site=SITE))[paths.RISING_FEED])  # noqa: S314 - our own
    (entry,) = feed.findall(f"{ATOM}entry")
    assert texts(entry, "id") == [f"{SITE}feeds/rising.xml#{WEEKS[2]}"]
    (content,) = texts(entry, "content")
    assert content.startswith(f"{rows[0]['module']}: +4.1% ± 2.0%, now ")
    assert rows[1]["module"] not in content


@pytest.mark.parametrize(("weeks", "rows"), [(1, 30), (3, 0)])
def test_where_nothing_rises_the_feed_is_empty_and_still_one(weeks: int, rows: int) -> None:
    found = dict(pages(source(weeks=weeks, rows=rows), site=SITE))
    feed = ET.fromstring(found[paths.RISING_FEED])  # noqa: S314 - our own
    assert feed.findall(f"{ATOM}entry") == []
    assert texts(feed, "updated") == ["1970-01-01T00:00:00Z"]


def test_the_same_documents_give_the_same_bytes() -> None:
    assert dict(pages(source(), site=SITE)) == site()
