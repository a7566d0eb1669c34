"""The published versions of the schema: the newest is the program's own; none loses a column."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from dropsonde.report import plugins
from dropsonde.schema import published
from dropsonde.schema.model import Column, Domain, Mode, Type, declaration_faults, to_bigquery

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "ext" / "publish_schema.py"
VERSIONS = published.load()
DECLARED = plugins.dataset_columns(plugins.choose(plugins.load(None), (), ()))


class Shape(NamedTuple):
    """What of a column never changes."""

    path: str
    type: Type
    repeated: bool
    domain: Domain | None


each_version = pytest.mark.parametrize("columns", VERSIONS.values(), ids=VERSIONS)


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_newest_is_what_the_metrics_declare_now() -> None:
    assert next(iter(VERSIONS.values())) == DECLARED
    checked = run(SCRIPT, "--check")
    assert (checked.stderr, checked.returncode) == ("", 0)


def test_the_script_writes_what_is_declared(tmp_path: Path) -> None:
    """In a copy, whose newest file lacks a column."""
    shutil.copytree(ROOT / "dropsonde", tmp_path / "dropsonde")
    script = shutil.copy(SCRIPT, tmp_path)
    newest = tmp_path / "dropsonde" / "schema" / "releases" / f"{next(iter(VERSIONS))}.json"
    right = newest.read_bytes()
    newest.write_text(json.dumps(json.loads(right)[:-1]))
    stale = run(script, "--check", PYTHONPATH=str(tmp_path))
    assert "run ext/publish_schema.py" in stale.stderr
    assert stale.returncode == 1
    assert run(script, PYTHONPATH=str(tmp_path)).returncode == 0
    assert newest.read_bytes() == right
    assert run(script, "--check", PYTHONPATH=str(tmp_path)).returncode == 0


@each_version
def test_each_version_is_declared_without_fault(columns: tuple[Column, ...]) -> None:
    assert [fault for column in columns for fault in declaration_faults(column)] == []


def shapes(columns: Iterable[Column], above: str = "") -> Iterator[Shape]:
    for column in columns:
        path = f"{above}{column.name}"
        yield Shape(path, column.type, column.mode is Mode.REPEATED, column.domain)
        yield from shapes(column.fields, f"{path}.")


def test_a_newer_version_keeps_every_column_as_it_was() -> None:
    assert len(VERSIONS) > 1
    for newer, older in pairwise(VERSIONS.values()):
        assert set(shapes(older)) <= set(shapes(newer))


def test_no_column_holds_fractions() -> None:
    """The collector's intake reads every fraction as one that no column takes."""
    for columns in VERSIONS.values():
        assert Type.FLOAT not in {shape.type for shape in shapes(columns)}


def test_versions_are_sorted_as_numbers_the_newest_first() -> None:
    numbers = [tuple(map(int, name.split("."))) for name in VERSIONS]
    assert numbers == sorted(numbers, reverse=True)


def test_the_ruby_program_demands_no_field() -> None:
    def modes(columns: Iterable[Column]) -> set[Mode]:
        return {c.mode for c in columns} | {m for c in columns for m in modes(c.fields)}

    assert modes(VERSIONS["0.0.9"]) == {Mode.NULLABLE, Mode.REPEATED}


@each_version
def test_a_file_is_bigquerys_but_for_the_domain(columns: tuple[Column, ...]) -> None:
    def without_domain(items: list[dict[str, object]]) -> list[dict[str, object]]:
        return [
            {
                key: without_domain(value) if isinstance(value, list) else value
                for key, value in item.items()
                if key != "domain"
            }
            for item in items
        ]

    assert without_domain(published.to_published(columns)) == to_bigquery(columns)


def test_loading_imports_no_metrics() -> None:
    code = (
        "import sys; from dropsonde.schema import published; published.load(); print(*sys.modules)"
    )
    done = run("-c", code)
    ours = {name for name in done.stdout.split() if name.startswith("dropsonde")}
    assert ours == {
        "dropsonde",
        "dropsonde.schema",
        "dropsonde.schema.model",
        "dropsonde.schema.published",
    }
