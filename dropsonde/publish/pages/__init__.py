"""The public pages: a static site, made from the documents of the static API alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dropsonde import common
from dropsonde.publish import paths
from dropsonde.publish.api import DOCUMENTS
from dropsonde.publish.pages.badge import badges, no_badges
from dropsonde.publish.pages.embed import embedded
from dropsonde.publish.pages.feeds import feeds, module_feed
from dropsonde.publish.pages.finding import finding
from dropsonde.publish.pages.node import Node
from dropsonde.publish.pages.rendering import environment

if TYPE_CHECKING:
    from importlib.abc import Traversable  # elsewhere in later Pythons

    from jinja2 import Environment

PAGES = ("index", "compare", "method", "data")
PIECE = 100  # rows of a part of the table of all modules
MOST_ROWS = 500  # of a table on its page; the files have all
TOP = 12  # of a list, before the rest is collapsed
_MODULES, _TABLES = "v1/modules/", "v1/tables/"


def pages(
    documents: Mapping[str, Any], modules: Iterable[tuple[str, Any]] = (), site: str = ""
) -> Iterator[tuple[str, bytes]]:
    """Every page, badge and asset, with its path below the public root.

    The same documents give the same bytes. All links are relative, and name a file; but those of
    the page for what is not found, which is shown at any address.

    Args:
        documents: path to document of the static API.
        modules: more of them, of modules; each is used once, and let go.
        site: the address of the public root, with a slash at its end; without it there is nothing
            that has to name it, as feeds do.

    Raises:
        ValueError: a module or a table has an invalid name.
        LookupError: a document is missing.
    """
    nodes = {path: Node.root(path, document) for path, document in documents.items()}
    held = [(path, each) for path, each in documents.items() if path.startswith(_MODULES)]
    index = nodes["v1/index.json"]
    shared = {
        "documents": nodes,
        "index": index,
        "week": index["weeks"][-1],
        "known": set(documents["v1/compare.json"]["modules"]),
        "api": tuple(DOCUMENTS.items()),
        "top": TOP,
        "most_rows": MOST_ROWS,
        "site": site,
    }
    made = environment(shared)
    yield _page(made, paths.NOT_FOUND, paths.NOT_FOUND, {"root": urlsplit(site).path or "/"})
    shown = [f"{name}.html" for name in PAGES]
    for path in shown:
        yield _page(made, path, path, {})
    count = len(nodes["v1/modules.json"]["modules"])
    parts = max(-(-count // PIECE), 1)
    for at in range(1, parts + 1):
        shown.append(paths.modules_page(at))
        part = {"at": at, "parts": parts, "piece": PIECE, "first": (at - 1) * PIECE}
        yield _page(made, "modules.html", shown[-1], part)
    for about in index["tables"]:
        name = str(about["name"])
        page = {"table": nodes[f"{_TABLES}{name}.json"], "about": about}
        shown.append(paths.table_page(name))
        yield _page(made, "table.html", shown[-1], page)
    image = made.get_template("badge.svg")
    for path, document in chain(held, modules):
        node = Node.root("", document)  # the page names the document once
        slug = str(node["module"])
        shown.append(paths.module_page(slug))
        values = {"module": node, "document": path, "feed": paths.module_feed(slug)}
        yield _page(made, "module.html", shown[-1], values)
        yield from badges(image, node)
        yield embedded(node)
        if site:
            yield module_feed(site, node, index)
    yield from no_badges(image)
    day = str(index["weeks"][-1]["released"])
    yield from finding(site, shown, day, made_up=index["made_up"].value)
    if site:
        yield from feeds(site, nodes)
    yield "assets/palette.css", resources.files(common).joinpath("palette.css").read_bytes()
    yield from _assets(resources.files(__package__) / "assets", "assets")


def _page(
    made: Environment, template: str, path: str, values: Mapping[str, Any]
) -> tuple[str, bytes]:
    given = {"root": paths.above(path), "path": path, "document": "", "feed": "", **values}
    text = made.get_template(template).render(given)
    return path, text.encode()


def _assets(directory: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        where = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _assets(entry, where)
        else:
            yield where, entry.read_bytes()
