"""The dataset's files: what was released, in each of three forms, and described."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import frictionless
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation import cells
from dropsonde.aggregation.release import Field, Table
from dropsonde.publish import dataset, paths
from dropsonde.schema.model import Type
from tests.unit.publish.releases import WEEKS, fields, releases, save, with_table

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

Rows = list[tuple[Any, ...]]


def read(path: Path) -> Rows:
    """A file's rows, by what its data package says of it."""
    package = json.loads((path.parent / "datapackage.json").read_text(encoding="utf-8"))
    (about,) = [each for each in package["resources"] if each["path"] == path.name]
    names = [field["name"] for field in about["schema"]["fields"]]
    if path.suffix == ".json":
        return [tuple(row[name] for name in names) for row in json.loads(path.read_bytes())]
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            return (
                connection.read_parquet(str(path).replace("[", "[[]"))
                .project(", ".join(names))
                .fetchall()
            )
    with frictionless.Resource({**about, "path": path.name}, basepath=str(path.parent)) as resource:
        return [tuple(row[name] for name in names) for row in resource.row_stream]


def written(root: Path, weeks: tuple[Release, ...], released: Path | None = None) -> Path:
    root.mkdir(parents=True)
    (root / "scratch").mkdir()
    files = {} if released is None else cells_of(released)
    dataset.write(root, weeks, files, root / "scratch")
    return root


def cells_of(released: Path) -> dict[str, Path]:
    found = released.glob(f"*{cells.SUFFIX}")
    return {path.name.removesuffix(cells.SUFFIX): path for path in found}


def one_table(release: Release, table: Table) -> Release:
    return with_table(replace(release, tables={}), table)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a directory whose name means something to DuckDB's globs and strings."""
    released = save(tmp_path_factory.mktemp("released"), releases())
    (released / f"{WEEKS[0]}{cells.SUFFIX}").unlink()  # a week may have none
    return written(tmp_path_factory.mktemp("data") / "it's [a] *", releases(), released)


@pytest.mark.parametrize("form", paths.FORMS)
def test_every_form_says_what_was_released(root: Path, form: str) -> None:
    for release in releases():
        for name, table in release.tables.items():
            assert read(root / paths.data(release.week, name, form)) == list(table.rows)


@pytest.mark.parametrize("form", paths.FORMS)
def test_history_has_all_weeks(root: Path, form: str) -> None:
    for name in releases()[-1].tables:
        found = read(root / paths.data(paths.HISTORY, name, form))
        assert found == [
            (release.week, *row) for release in releases() for row in release.tables[name].rows
        ]


@pytest.mark.parametrize("where", [paths.HISTORY, *WEEKS])
def test_packages_are_valid_and_their_digests_are_right(root: Path, where: str) -> None:
    package = root / "data" / where / "datapackage.json"
    about = json.loads(package.read_bytes())
    for resource in frictionless.Package(str(package)).resources:
        if resource.format != "parquet":  # which is read above, and needs a library of its own here
            report = resource.validate()
            assert report.valid, report.flatten(["type", "note"])
    release = next(each for each in releases() if each.week in {where, WEEKS[-1]})
    assert about["week"] == (WEEKS[-1] if where == paths.HISTORY else where)
    assert about["licenses"][0]["name"] == "CC-BY-4.0"
    assert about["method"]["k"] == release.method.k
    assert about["method"]["yearEpsilon"] == release.method.year_epsilon
    assert about["method"]["unit"] == "module"
    assert {each["path"] for each in about["resources"]} | {"datapackage.json"} == {
        path.name for path in package.parent.iterdir()
    }
    for each in about["resources"]:
        for field in each["schema"]["fields"]:
            assert field["description"], each["name"]


def test_a_damaged_file_does_not_fit_its_package(root: Path, tmp_path: Path) -> None:
    about = json.loads((root / "data/history/datapackage.json").read_bytes())
    (resource,) = [each for each in about["resources"] if each["name"] == "module_usage-csv"]
    text = (root / "data/history/module_usage.csv").read_text(encoding="utf-8")
    (tmp_path / "module_usage.csv").write_text(text.replace("module1", "module9", 1))
    (tmp_path / "datapackage.json").write_text(json.dumps({**about, "resources": [resource]}))
    (damaged,) = frictionless.Package(str(tmp_path / "datapackage.json")).resources
    assert "hash-count" in str(damaged.validate().flatten(["type"]))


def test_cells_are_what_was_drawn(root: Path) -> None:
    assert not (root / paths.cells(WEEKS[0])).exists()
    for release in releases()[1:]:
        usage = release.tables["module_usage"].rows
        found = read(root / paths.cells(release.week))
        assert found == [
            ("*", "[]", release.sites_week * 1024, release.method.scales["*"]),
            *(
                (
                    "module_usage",
                    json.dumps([row[0]]),
                    row[3] * 1024 + 1,
                    release.method.scales["module_usage"],
                )
                for row in usage
            ),
        ]


def test_no_table_can_have_the_name_of_the_cells(root: Path) -> None:
    package = json.loads((root / f"data/{WEEKS[1]}/datapackage.json").read_bytes())
    (about,) = [each for each in package["resources"] if each["name"] == "noisy-cells"]
    assert about["path"] == f"{WEEKS[1]}.cells.parquet"
    with pytest.raises(ValueError, match="no name of a table"):
        paths.table(about["path"].removesuffix(".parquet"))
    assert {each["name"].rpartition("-")[2] for each in package["resources"]} == {
        *paths.FORMS,
        "cells",
    }


WORDS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
ROWS = st.lists(
    st.tuples(WORDS, WORDS, st.integers(10, 2**53), st.floats(0, 1e9), st.integers(0, 2**53),
              st.none() | st.integers(-(2**53), 2**53), st.floats(0, 1e9)),
    unique_by=lambda row: row[:2], max_size=5,
)  # fmt: skip
TWO = {"one": Type.STRING, "other": Type.STRING}


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_odd_words_and_missing_numbers_come_back(
    rows: Rows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = made_table("odd", fields(TWO, "nodes"), *rows)
    release = one_table(releases()[-1], table)
    scales = {"odd": 1.0, "odd.nodes": 2.0}
    release = replace(release, method=replace(release.method, scales={"*": 1.0, **scales}))
    root = written(tmp_path_factory.mktemp("odd") / "root", (release,))
    for form in ("json", "parquet"):
        assert read(root / paths.data(release.week, "odd", form)) == list(table.rows)
    with duckdb.connect() as connection:
        path = str(root / paths.data(release.week, "odd", "csv"))
        text = connection.execute(
            "FROM read_csv(?, header = true, columns = {one: 'VARCHAR', other: 'VARCHAR', "
            "sites: 'BIGINT', error: 'DOUBLE', week_sites: 'BIGINT', nodes: 'BIGINT', "
            "nodes_error: 'DOUBLE'})",
            [path],
        )
        assert text.fetchall() == list(table.rows)


def made_table(name: str, columns: tuple[Field, ...], *rows: tuple[Any, ...]) -> Table:
    return Table(name, "", "", columns, rows)


def weeks_of(*some: Table) -> tuple[Release, ...]:
    scales = dict.fromkeys(("*", "t", "t.nodes"), 1.0)
    return tuple(
        replace(one_table(each, table), method=replace(each.method, scales=scales))
        for each, table in zip(releases(), some, strict=False)
    )


def test_a_week_that_counted_something_else_is_not_in_the_history(tmp_path: Path) -> None:
    one, two = weeks_of(
        made_table("t", fields({"a": Type.STRING}), ("x", 10, 1.0, 11)),
        made_table("t", fields({"a": Type.STRING, "b": Type.STRING}), ("x", "y", 20, 2.0, 21)),
    )
    root = written(tmp_path / "keys", (one, two))
    assert read(root / "data/history/t.json") == [(two.week, "x", "y", 20, 2.0, 21)]


def test_a_measure_that_a_week_did_not_have_is_null(tmp_path: Path) -> None:
    key = {"a": Type.STRING}
    one, two = weeks_of(
        made_table("t", fields(key), ("x", 10, 1.0, 11)),
        made_table("t", fields(key, "nodes"), ("x", 15, 2.0, 16, 7, 3.0)),
    )
    root = written(tmp_path / "more", (one, two))
    found = read(root / "data/history/t.parquet")
    assert found == [
        (one.week, "x", 10, 1.0, 11, None, None),
        (two.week, "x", 15, 2.0, 16, 7, 3.0),
    ]
