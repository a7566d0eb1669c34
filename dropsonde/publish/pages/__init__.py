"""The public pages: a static site, made from the documents of the static API alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from dropsonde import common
from dropsonde.publish import paths
from dropsonde.publish.api import DOCUMENTS
from dropsonde.publish.pages.badge import badge
from dropsonde.publish.pages.node import Node
from dropsonde.publish.pages.rendering import environment

if TYPE_CHECKING:
    from importlib.abc import Traversable  # elsewhere in later Pythons

    from jinja2 import Environment

PAGES = ("index", "modules", "compare", "method", "data")
MOST_ROWS = 500  # of a table on its page; the files have all
TOP = 12  # of a list, before the rest is collapsed
_MODULES, _TABLES = "v1/modules/", "v1/tables/"


def pages(documents: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Every page, badge and asset, with its path below the public root.

    The same documents give the same bytes. All links are relative, and name a file.

    Args:
        documents: path to document of the static API.

    Raises:
        ValueError: a module or a table has an invalid name.
        LookupError: a document is missing.
    """
    nodes = {path: Node.root(path, document) for path, document in documents.items()}
    modules = [node for path, node in nodes.items() if path.startswith(_MODULES)]
    index = nodes["v1/index.json"]
    shared = {
        "documents": nodes,
        "index": index,
        "week": index["weeks"][-1],
        "known": {str(node["module"]) for node in modules},
        "api": tuple(DOCUMENTS.items()),
        "top": TOP,
        "most_rows": MOST_ROWS,
    }
    made = environment(shared)
    for name in PAGES:
        yield _page(made, f"{name}.html", f"{name}.html", {})
    image = made.get_template("badge.svg")
    for node in modules:
        slug = str(node["module"])
        yield _page(made, "module.html", paths.module_page(slug), {"module": node})
        yield paths.badge(slug), badge(image, node)
    for about in index["tables"]:
        name = str(about["name"])
        page = {"table": nodes[f"{_TABLES}{name}.json"], "about": about}
        yield _page(made, "table.html", paths.table_page(name), page)
    yield "assets/palette.css", resources.files(common).joinpath("palette.css").read_bytes()
    yield from _assets(resources.files(__package__) / "assets", "assets")


def _page(
    made: Environment, template: str, path: str, values: Mapping[str, Any]
) -> tuple[str, bytes]:
    text = made.get_template(template).render(values, root=paths.above(path), path=path)
    return path, text.encode()


def _assets(directory: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(directory.iterdir(), key=lambda entry: entry.name):
        where = f"{path}/{entry.name}"
        if entry.is_dir():
            yield from _assets(entry, where)
        else:
            yield where, entry.read_bytes()
