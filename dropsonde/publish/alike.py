"""Modules for the same job: those of one name, and those of one category of ``categories.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from dropsonde.publish.numbers import share, told

if TYPE_CHECKING:
    from dropsonde.publish.forge import Forge
    from dropsonde.publish.numbers import Numbers

    Categories = Mapping[str, tuple[str, ...]]


@cache
def categories() -> Categories:
    """Each curated category with its modules."""
    text = resources.files(__package__).joinpath("categories.yaml").read_text("utf-8")
    return {each["name"]: tuple(each["modules"]) for each in yaml.safe_load(text)}


class Alike:
    """For each module the others for its job.

    Args:
        newest: the newest week's numbers.
        slugs: every module that was ever public.
        forge: what is known of it.
        curated: the categories.
    """

    def __init__(
        self, newest: Numbers, slugs: Collection[str], forge: Forge, curated: Categories
    ) -> None:
        self._newest, self._forge = newest, forge
        self._named: dict[str, list[str]] = {}
        self._of: dict[str, list[str]] = {}
        self._curated = {
            category: [slug for slug in modules if slug in slugs]
            for category, modules in curated.items()
        }
        for slug in slugs:
            self._named.setdefault(_name(slug), []).append(slug)
        for category, modules in self._curated.items():
            for slug in modules:
                self._of.setdefault(slug, []).append(category)

    def of(self, slug: str) -> list[dict[str, Any]]:
        """Those of a module, each once, most sites first.

        The category is null where both have one name.
        """
        found: dict[str, str | None] = {}
        for category in self._of.get(slug, ()):
            for each in self._curated[category]:
                found.setdefault(each, category)
        found.update(dict.fromkeys(self._named.get(_name(slug), ())))
        found.pop(slug, None)
        rows = [self._row(each, category) for each, category in found.items()]
        return sorted(rows, key=lambda row: (-(row["sites"] or 0), row["module"]))

    def _row(self, slug: str, category: str | None) -> dict[str, Any]:
        sites = self._newest.sites("module_usage", slug)
        return {
            "module": slug,
            "category": category,
            "deprecated": self._forge.is_deprecated(slug),
            "sites": sites and sites.value,
            "error": sites and sites.error,
            **told("share", share(sites, self._newest.all_sites)),
        }


def _name(slug: str) -> str:
    return slug.partition("-")[2]
