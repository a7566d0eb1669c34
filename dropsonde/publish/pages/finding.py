"""Files for programs that look for pages: ``robots.txt`` and ``sitemap.xml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from dropsonde.publish import paths

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 50_000  # addresses of a file, as its definition says


def finding(
    site: str, pages: Iterable[str], day: str, *, made_up: bool
) -> Iterator[tuple[str, bytes]]:
    """The files; the map is there only where the pages' address is known.

    Args:
        site: the public root's address, with a slash at its end; empty if it is not known.
        pages: their paths.
        day: on which they were made.
        made_up: no number is real, so that nobody should find any.
    """
    lines = ["User-agent: *", "Disallow: /" if made_up else "Allow: /"]
    if site:
        yield paths.SITEMAP, _sitemap(site, pages, day)
        lines.append(f"Sitemap: {site}{paths.SITEMAP}")
    yield paths.ROBOTS, "\n".join([*lines, ""]).encode()


def _sitemap(site: str, pages: Iterable[str], day: str) -> bytes:
    found = ET.Element("urlset", {"xmlns": _SITEMAP})
    for path in [*pages][:_MOST]:
        url = ET.SubElement(found, "url")
        ET.SubElement(url, "loc").text = f"{site}{paths.canonical(path)}"
        ET.SubElement(url, "lastmod").text = day
    ET.indent(found, " ")
    data: bytes = ET.tostring(found, encoding="utf-8", xml_declaration=True)
    return data + b"\n"
