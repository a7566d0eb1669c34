"""The description of the static API: it fits every document, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator, FormatChecker

from dropsonde.publish import paths
from dropsonde.publish.api import BADGES, DOCUMENTS, documents
from dropsonde.publish.described import openapi
from dropsonde.publish.numbers import Numbers
from dropsonde.publish.pages import pages
from dropsonde.schema.model import Type
from tests.unit.publish.releases import WEEKS, fields, releases, with_table

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release


def bare() -> tuple[Release, ...]:
    """Weeks of which an earlier one had no noise."""
    made = replace(releases()[-1].method, without_noise=("2026-W01",))
    return (*releases()[:-1], replace(releases()[-1], method=made))


def summed() -> tuple[Release, ...]:
    """A table with a sum."""
    (release,) = releases(weeks=1)
    old = release.tables["agents"]
    columns = fields({each.name: each.type for each in old.fields[: old.keys]}, "nodes")
    scales = {**release.method.scales, "agents.nodes": 4.5}
    rows = tuple((*row, place or None, 8.5) for place, row in enumerate(old.rows))
    new = replace(old, fields=columns, rows=rows)
    return (replace(with_table(release, new), method=replace(release.method, scales=scales)),)


KINDS = {
    "plain": releases,
    "site": lambda: releases(unit="site"),
    "first week": lambda: releases(weeks=1),
    "nothing is public": lambda: releases(rows=0),
    "no tables": lambda: (replace(releases()[0], tables={}),),
    "weeks without noise": bare,
    "a sum": summed,
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def published(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The description and the documents, as a reader has them."""
    weeks = KINDS[kind]()
    found = dict(documents(weeks, WEEKS[:1]))
    badges = {path: json.loads(data) for path, data in pages(found) if path.endswith(".json")}
    assert paths.NO_ENDPOINT in badges
    found = json.loads(json.dumps(found))
    return json.loads(json.dumps(openapi(weeks[-1]))), {**found, **badges}


def shape_of(description: dict[str, Any], path: str) -> dict[str, Any]:
    """What the one template that fits a path says of a good answer."""
    exact = description["paths"].get(f"/{path}")
    (found,) = (
        [exact]
        if exact
        else (
            about
            for template, about in description["paths"].items()
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), f"/{path}")
        )
    )
    answer = found["get"]["responses"]["200"]["content"]["application/json"]
    schema: dict[str, Any] = answer["schema"]
    return schema


def faults(description: dict[str, Any], path: str, document: Any) -> list[str]:
    schema = {**shape_of(description, path), "components": description["components"]}
    checker = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{each.json_path}: {each.message}" for each in checker.iter_errors(document)]


@each_kind
def test_every_document_is_as_described(kind: str) -> None:
    description, found = published(kind)
    for path, document in found.items():
        assert faults(description, path, document) == [], path


def places(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Where objects stand; of each list, its first alone."""
    if isinstance(value, dict):
        yield path
        for name, each in value.items():
            yield from places(each, *path, name)
    elif isinstance(value, list) and value:
        yield from places(value[0], *path, 0)


def at(document: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


# Whose names are data.
LOOKUPS = {"precision", "contributions", "beside", "scales", "modules", "errors"}


def test_an_unknown_name_and_a_missing_one_are_no_document() -> None:
    description, found = published("plain")
    tried = 0
    for path in one_of_each(found):
        for place in places(found[path]):
            if place[-1:] and place[-1] in LOOKUPS:
                continue
            more = copy.deepcopy(found[path])
            at(more, place)["surprise"] = None
            assert "surprise" in str(faults(description, path, more)), (path, place)
            for name in at(found[path], place):
                less = copy.deepcopy(found[path])
                del at(less, place)[name]
                optional = name == "least" or (name == "csv" and place[-1] == "history")
                assert bool(faults(description, path, less)) != optional, (path, place, name)
                tried += 1
    assert tried > 100


def one_of_each(found: dict[str, Any]) -> list[str]:
    """One path of each kind; the module with the most parts."""
    single = [path for path in found if path.count("/") == 1]
    table = next(path for path in found if path.startswith("v1/tables/"))
    modules = [path for path in found if path.startswith("v1/modules/")]
    return [*single, table, max(modules, key=lambda path: len(list(places(found[path]))))]


def test_a_word_is_no_number_and_no_week_is_empty() -> None:
    description, found = published("plain")
    for name, wrong in [("sites", "12"), ("sites", 1.5), ("week", "2026-47"), ("week", None)]:
        changed = {**found["v1/modules.json"], name: wrong}
        assert faults(description, "v1/modules.json", changed), (name, wrong)


@each_kind
def test_openapi_itself_takes_the_description(kind: str) -> None:
    description, _ = published(kind)
    schemathesis.openapi.from_dict(description).validate()
    broken = {**description, "paths": {"no slash": {}}}
    with pytest.raises(Exception, match="no slash"):
        schemathesis.openapi.from_dict(broken).validate()


def test_it_has_every_document_and_says_what_each_name_means() -> None:
    description, _ = published("a sum")
    assert len(description["paths"]) == len(DOCUMENTS) + len(BADGES)
    names = [each["get"]["operationId"] for each in description["paths"].values()]
    assert len(set(names)) == len(names)
    assert {*names, "precision"} == set(description["components"]["schemas"])
    for name, shape in description["components"]["schemas"].items():
        for place in places(shape):
            if place[-1:] == ("properties",):
                for member, about in at(shape, place).items():
                    assert said(about), (name, place, member)


def said(shape: dict[str, Any]) -> bool:
    """A sentence about it, or about what it is a list of."""
    if {"description", "$ref"} & shape.keys():
        return True
    inner = [shape["items"]] if "items" in shape else shape.get("anyOf", [])
    return any(said(each) for each in inner)


def test_columns_are_described_as_their_release_does() -> None:
    (newest,) = summed()
    row = openapi(newest)["components"]["schemas"]["systems"]["properties"]["agents"]["items"]
    about = newest.tables["agents"]
    assert {name: each["description"] for name, each in row["properties"].items()} == {
        each.name: each.description for each in about.fields
    }
    kinds = {Type.STRING: "string", Type.INTEGER: "integer", Type.FLOAT: "number"}
    for each in about.fields:
        found = row["properties"][each.name]["type"]
        assert kinds[each.type] in ([found] if isinstance(found, str) else found)
    assert list(Numbers(newest).rows("agents"))
