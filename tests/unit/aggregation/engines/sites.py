"""Made-up sites with few different words, and the plans that count them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.schema import published

if TYPE_CHECKING:
    from tests.unit.aggregation.engines.model import Report

COLUMNS = next(iter(published.load().values()))
PLANS = [plan for query in load() if (plan := judge(query, COLUMNS).plan) is not None]
OTHERS = {plan.name: plan for plan in PLANS}
AUTHORS, NAMES = ("puppetlabs", "example42"), ("apache", "ntp", "stdlib", "concat")


def made(rng: random.Random) -> Report:
    """A made-up site's report, with lists of few different words."""

    def some(every: Sequence[Any], most: int) -> list[Any]:
        rows = [json.dumps(each, sort_keys=True) for each in every]
        return [json.loads(each) for each in sorted(set(rng.choices(rows, k=rng.randrange(most))))]

    modules = [
        {"name": name, "slug": f"{author}-{name}", "version": version}
        for author in AUTHORS
        for name in NAMES
        for version in (None, "1.0.0", "1.2.0", "2.0.0")
    ]
    classes = [
        {"name": f"{name}{part}", "platform": platform, "count": rng.randrange(5)}
        for name in (*NAMES, "acme")
        for part in ("", "::server", "::client", "::params")
        for platform in ("Debian", "RedHat", "windows")
    ]
    systems = [
        {"name": name, "release": release, "count": rng.randrange(5)}
        for name, release in (("Debian", "12"), ("Debian", None), ("Rocky", "9"), ("windows", "10"))
    ]
    ranges = (None, ">= 1.0.0 < 3.0.0", ">= 2.0.0 < 12.0.0", ">= 98.0.0")
    found: dict[str, Any] = {
        "modules": some(modules, 24),
        "unused_modules": some(modules, 9),
        "classes": some([{"name": c["name"], "count": c["count"]} for c in classes], 24),
        "class_platforms": some(classes, 24),
        "operating_systems": some(systems, 6),
        "dependencies": some(
            [{"name": m["slug"], "version_requirement": each} for m in modules for each in ranges],
            9,
        ),
        "unused_classes": some([{"name": each["name"]} for each in classes], 9),
        "servers": some(
            [
                {"implementation": "puppet", "version": "8.6", "os": None, "release": None},
                {"implementation": None, "version": None, "os": "Debian", "release": "12"},
            ],
            3,
        ),
        "agents": some(
            [
                {"implementation": of, "version": version, "count": rng.randrange(1, 9)}
                for of in (None, "puppet", "openvox")
                for version in ("7.34", "8.10")
            ],
            6,
        ),
        "puppetfile_ruby_methods": some(
            [{"name": name, "count": rng.randrange(1, 9)} for name in ("each", "key?", "puts")], 4
        ),
        "environment_count": rng.choice((0, 1, 2, 60, 10_000_000)),
    }
    return {name: each for name, each in found.items() if rng.random() > 0.1}
