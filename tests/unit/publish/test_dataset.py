"""The dataset's files: what was released, in each of two forms, and described."""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import frictionless
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation import cells
from dropsonde.aggregation.release import Field, Table
from dropsonde.publish import dataset, dataset_log, paths
from dropsonde.publish.api import documents
from dropsonde.publish.digests import Digests
from dropsonde.publish.numbers import Numbers
from dropsonde.publish.of_weeks import of_weeks
from dropsonde.publish.weeks import sources
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
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            return (
                connection.read_parquet(str(path).replace("[", "[[]"))
                .project(", ".join(names))
                .fetchall()
            )
    # By itself it leaves a compressed file open.
    data = gzip.decompress(path.read_bytes())
    schema = frictionless.Schema(about["schema"])
    with frictionless.Resource(data, format="csv", schema=schema) as resource:
        return [tuple(plain_number(row[name]) for name in names) for row in resource.row_stream]


def plain_number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def written(root: Path, weeks: tuple[Release, ...], released: Path | None = None) -> Path:
    root.mkdir(parents=True)
    (root / "scratch").mkdir()
    if released is None:
        released = root / "released"
        for release in weeks:
            release.save(released)
    digests = Digests()
    dataset.write(root, sources(released, digests), None, root / "scratch", digests)
    return root


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
        if form not in paths.history_forms(name):
            assert not (root / paths.data(paths.HISTORY, name, form)).exists()
            continue
        found = read(root / paths.data(paths.HISTORY, name, form))
        assert found == [
            (release.week, *row) for release in releases() for row in release.tables[name].rows
        ]


@pytest.fixture(scope="module", params=[30, 0], ids=["full", "empty"])
def plain(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In a directory whose name means nothing; ``frictionless`` finds no files in others."""
    released = save(tmp_path_factory.mktemp("released"), releases(rows=request.param))
    return written(
        tmp_path_factory.mktemp("plain") / "root", releases(rows=request.param), released
    )


def validated(package: Path) -> Any:
    """What ``frictionless`` reports."""
    program = Path(sys.executable).with_name("frictionless")
    done = subprocess.run(
        [program, "validate", "--json", str(package)], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("where", [paths.HISTORY, paths.LATEST, WEEKS[0]])
def test_frictionless_validates_the_whole_package(plain: Path, where: str) -> None:
    package = plain / "data" / where / "datapackage.json"
    report = validated(package)
    faults = [(each["name"], each["errors"]) for each in report["tasks"] if not each["valid"]]
    assert (report["valid"], report["errors"], faults) == (True, [], [])
    described = json.loads(package.read_bytes())["resources"]
    assert [each["name"] for each in report["tasks"]] == [each["name"] for each in described]
    shown = {each["name"] for each in report["tasks"] if each["type"] == "table"}
    assert {"sites-csv", "module_usage-csv", "agents-csv"} <= shown


@pytest.mark.parametrize("where", [paths.HISTORY, *WEEKS])
def test_packages_say_what_is_in_them(root: Path, where: str) -> None:
    package = root / "data" / where / "datapackage.json"
    about = json.loads(package.read_bytes())
    release = next(each for each in releases() if each.week in {where, WEEKS[-1]})
    assert about["week"] == (WEEKS[-1] if where == paths.HISTORY else where)
    assert about["version"] == dataset_log.version()
    assert about["licenses"][0]["name"] == "CC-BY-4.0"
    assert about["method"]["k"] == release.method.k
    assert about["method"]["yearEpsilon"] == release.method.year_epsilon
    assert about["method"]["unit"] == "module"
    assert {each["path"] for each in about["resources"]} | {"datapackage.json"} == {
        path.name for path in package.parent.iterdir()
    }
    for each in about["resources"]:
        data = (package.parent / each["path"]).read_bytes()
        assert each["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        for field in each["schema"]["fields"]:
            assert field["description"], each["name"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_damaged_file_does_not_fit_its_package(root: Path, tmp_path: Path, form: str) -> None:
    about = json.loads((root / "data/history/datapackage.json").read_bytes())
    (resource,) = [each for each in about["resources"] if each["name"] == f"module_usage-{form}"]
    data = (root / "data/history" / resource["path"]).read_bytes()
    # The system of a compressed file's head, and the length of a Parquet file's end: the rows stay.
    at = {"csv": 9, "parquet": len(data) - 9}[form]
    (tmp_path / resource["path"]).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    (tmp_path / "datapackage.json").write_text(json.dumps({**about, "resources": [resource]}))
    (task,) = validated(tmp_path / "datapackage.json")["tasks"]
    assert [each["type"] for each in task["errors"]] == ["hash-count"]


def test_the_newest_week_has_a_name_that_stays(root: Path) -> None:
    latest = sorted((root / "data" / paths.LATEST).iterdir())
    newest = sorted((root / "data" / WEEKS[-1]).iterdir())
    assert [path.name for path in latest] == [path.name for path in newest]
    assert [path.read_bytes() for path in latest] == [path.read_bytes() for path in newest]
    assert (root / "data/latest/sites.csv.gz").samefile(root / f"data/{WEEKS[-1]}/sites.csv.gz")


def test_where_no_links_are_the_newest_week_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr("os.link", refused)
    copied = written(tmp_path / "root", releases())
    one, other = copied / "data/latest/sites.csv.gz", copied / f"data/{WEEKS[-1]}/sites.csv.gz"
    assert one.read_bytes() == other.read_bytes()
    assert not one.samefile(other)


def test_shares_can_be_computed_from_files_alone(root: Path) -> None:
    newest = releases()[-1]
    latest = str(root / "data/latest").replace("[", "[[]").replace("*", "[*]")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT module, round(usage.sites / every.sites, 3) "
            "FROM read_parquet(?) AS usage, read_parquet(?) AS every",
            [f"{latest}/module_usage.parquet", f"{latest}/sites.parquet"],
        ).fetchall()
    assert found
    told = dict(documents([newest]))
    for module, share in found:
        assert told[f"v1/modules/{module}.json"]["share"] == share


@pytest.mark.parametrize("where", [paths.HISTORY, paths.LATEST, *WEEKS])
@pytest.mark.parametrize("form", paths.FORMS)
def test_each_week_has_all_its_sites_and_its_method(root: Path, where: str, form: str) -> None:
    wanted = {paths.HISTORY: WEEKS, paths.LATEST: WEEKS[-1:]}.get(where, (where,))
    shown = [each for each in releases() if each.week in wanted]
    assert read(root / paths.data(where, "sites", form)) == [
        (
            each.week, each.sites, each.sites_error, each.sites_week,
            round(1.96 * each.method.scales["*"], 1), "module", 2.0, 1e-6, 13, 4.0, 10,
            f"{each.made:%Y-%m-%d}",
        )
        for each in shown
    ]  # fmt: skip
    methods = read(root / paths.data(where, "methods", form))
    assert [row[:2] for row in methods] == [
        (each.week, name) for each in shown for name in ["*", *sorted(each.tables)]
    ]
    about = {row[:2]: row[2:] for row in methods}
    for each in shown:
        method = each.method
        for name, exact in Numbers(each).precision.items():
            assert about[each.week, name] == (
                method.scales[name], exact["week_error"], exact["error"], exact.get("least"),
                method.contributions.get(name), method.beside.get(name),
            )  # fmt: skip


def test_no_query_has_the_name_of_a_table_of_weeks() -> None:
    assert {each.name for each in of_weeks(releases())}.isdisjoint(releases()[0].tables)


def test_the_log_of_changes_is_published_and_in_order(root: Path) -> None:
    text = (root / paths.CHANGES).read_text(encoding="utf-8")
    assert text == dataset_log.log()
    found = [
        tuple(map(int, each.split("."))) for each in re.findall(r"^## (.*)$", text, re.MULTILINE)
    ]
    assert found == sorted(set(found), reverse=True)
    assert ".".join(map(str, found[0])) == dataset_log.version()


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
    assert read(root / paths.data(release.week, "odd", "parquet")) == list(table.rows)
    with duckdb.connect() as connection:
        path = str(root / paths.data(release.week, "odd", "csv"))
        text = connection.execute(
            "FROM read_csv(?, header = true, quote = '\"', escape = '\"', "
            "columns = {one: 'VARCHAR', other: 'VARCHAR', sites: 'BIGINT', error: 'DOUBLE', "
            "week_sites: 'BIGINT', nodes: 'BIGINT', "
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
    assert read(root / "data/history/t.parquet") == [(two.week, "x", "y", 20, 2.0, 21)]


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
