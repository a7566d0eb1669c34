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

from dropsonde.publish import dataset, paths
from tests.unit.aggregation.made import MEAN, NODES
from tests.unit.aggregation.made import table as made_table
from tests.unit.publish.releases import WEEKS, releases

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


def written(root: Path, weeks: tuple[Release, ...]) -> Path:
    root.mkdir(parents=True)
    (root / "scratch").mkdir()
    dataset.write(root, weeks, root / "scratch")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a directory whose name means something to DuckDB's globs and strings."""
    return written(tmp_path_factory.mktemp("data") / "it's [a] *", releases())


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


WORDS = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
ROWS = st.lists(
    st.tuples(WORDS, WORDS, st.integers(10, 2**53), st.none() | st.integers(-(2**53), 2**53),
              st.none() | st.floats(-1e9, 1e9)),
    unique_by=lambda row: row[:2], max_size=5,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_odd_words_and_missing_numbers_come_back(
    rows: Rows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = made_table("odd", ["one", "other"], NODES, MEAN).with_rows(tuple(rows))
    release = replace(releases()[-1], tables={"odd": table})
    root = written(tmp_path_factory.mktemp("odd") / "root", (release,))
    for form in ("json", "parquet"):
        assert read(root / paths.data(release.week, "odd", form)) == list(table.rows)
    with duckdb.connect() as connection:
        path = str(root / paths.data(release.week, "odd", "csv"))
        text = connection.execute(
            "FROM read_csv(?, header = true, columns = {one: 'VARCHAR', other: 'VARCHAR', "
            "sites: 'BIGINT', nodes: 'BIGINT', mean: 'DOUBLE'})",
            [path],
        )
        assert text.fetchall() == list(table.rows)


def test_a_week_that_counted_something_else_is_not_in_the_history(tmp_path: Path) -> None:
    one, two = (
        replace(each, tables={"t": made_table("t", keys, *more).with_rows(rows)})
        for each, keys, more, rows in zip(
            releases(),
            (["a"], ["a", "b"]),
            ((), ()),
            ((("x", 10),), (("x", "y", 20),)),
            strict=False,
        )
    )
    root = written(tmp_path / "keys", (one, two))
    assert read(root / "data/history/t.json") == [(two.week, "x", "y", 20)]


def test_a_measure_that_a_week_did_not_have_is_null(tmp_path: Path) -> None:
    one = replace(releases()[0], tables={"t": made_table("t", ["a"]).with_rows((("x", 10),))})
    two = replace(
        releases()[1], tables={"t": made_table("t", ["a"], NODES).with_rows((("x", 15, 7),))}
    )
    root = written(tmp_path / "more", (one, two))
    found = read(root / "data/history/t.parquet")
    assert found == [(one.week, "x", 10, None), (two.week, "x", 15, 7)]
