"""Weeks that did not change are linked, and nobody can tell from the bytes."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde.publish import program, weeks
from dropsonde.publish.root import publish
from tests.unit.publish.releases import WEEKS, releases, save
from tests.unit.publish.test_root import contents

NAMES = ("module_usage", "module_majors", "module_pairs")
FIRST = f"data/{WEEKS[0]}"


@pytest.fixture
def released(tmp_path: Path) -> Path:
    return save(tmp_path / "released", small(0, 1))


def small(*places: int, rows: int = 9, sites: int = 0) -> tuple[Any, ...]:
    """Weeks with few tables."""
    every = releases(rows=rows)
    return tuple(
        replace(
            every[place],
            sites=every[place].sites + sites,
            tables={name: every[place].tables[name] for name in NAMES},
        )
        for place in places
    )


def links(root: Path, where: str = FIRST) -> set[int]:
    """How many links the files of a directory have."""
    return {path.stat().st_nlink for path in (root / where).iterdir()}


def fresh(released: Path) -> dict[str, bytes]:
    """What publishing makes where nothing was before."""
    other = released.parent / "fresh"
    publish(other, released)
    found = contents(other)
    shutil.rmtree(other.resolve())
    other.unlink()
    return found


def test_a_week_is_written_once(tmp_path: Path, released: Path) -> None:
    root = tmp_path / "root"
    publish(root, released)
    assert links(root) == {1}
    save(released, small(2))
    publish(root, released)
    assert links(root) == {2}
    assert links(root, f"data/{WEEKS[1]}") == {3}  # it was the latest
    assert links(root, f"data/{WEEKS[2]}") == links(root, "data/latest") == {2}
    assert links(root, "data/history") == {1}
    assert contents(root) == fresh(released)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.dictionaries(
            st.sampled_from(range(3)),
            st.tuples(st.integers(0, 4), st.integers(0, 1), st.booleans()),
            min_size=1,
        ),
        min_size=2,
        max_size=4,
    )
)
def test_whatever_was_before_the_bytes_are_those_of_a_fresh_run(
    steps: list[dict[int, tuple[int, int, bool]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Weeks come in any order, go, and change: their rows, a number, whether cells are there."""
    directory = tmp_path_factory.mktemp("steps")
    for at, step in enumerate(steps):
        released = directory / f"released {at}"
        for place, (rows, sites, has_cells) in step.items():
            save(released, small(place, rows=rows, sites=sites))
            if not has_cells:
                (released / f"{WEEKS[place]}.cells.parquet").unlink()
        publish(directory / "root", released)
        assert contents(directory / "root") == fresh(released)


def damaged(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-2] + b"!" + data[-1:])


def missing(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    """To a file of the same bytes, which somebody else may change."""
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other.name)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [damaged, missing, linked, directory])
@pytest.mark.parametrize(
    "name", ["module_usage.csv.gz", "datapackage.json", "module_pairs.parquet"]
)
def test_a_file_that_is_not_what_it_was_is_not_linked(
    tmp_path: Path, released: Path, change: Callable[[Path], None], name: str
) -> None:
    root = tmp_path / "root"
    publish(root, released)
    change(root / FIRST / name)
    save(released, small(2))
    publish(root, released)
    assert contents(root) == fresh(released)
    assert not (root / FIRST / name).is_symlink()
    assert links(root) == {1}
    assert links(root, f"data/{WEEKS[1]}") == {3}  # it was the latest


def test_a_file_that_was_added_is_left_behind(tmp_path: Path, released: Path) -> None:
    root = tmp_path / "root"
    publish(root, released)
    (root / FIRST / "more.csv").write_text("no,number\n")
    save(released, small(2))
    publish(root, released)
    assert contents(root) == fresh(released)
    assert links(root) == {2}


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "{}",
        lambda _: "[1]",
        lambda text: text[:-9],
        lambda text: text.replace('"sites":1', '"sites":2', 1),
        lambda text: text.replace('"digest":"', '"digest":"0', 1),
    ],
)
def test_a_damaged_record_costs_time_alone(
    tmp_path: Path, released: Path, change: Callable[[str], str]
) -> None:
    root = tmp_path / "root"
    publish(root, released)
    record = root / weeks.RECORD
    text = record.read_text(encoding="utf-8")
    assert change(text) != text
    record.write_text(change(text), encoding="utf-8")
    save(released, small(2))
    publish(root, released)
    assert contents(root) == fresh(released)
    assert links(root) == {1}


def test_other_code_writes_each_week_again(
    tmp_path: Path, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    publish(root, released)
    monkeypatch.setattr(weeks, "writers", lambda: "another")
    publish(root, released)
    assert links(root) == {1}
    publish(root, released)
    assert links(root) == {1}  # nothing changed, so no new version is there


def test_the_code_is_known_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    file = tmp_path / "below" / "one.py"
    file.write_text("1")
    (tmp_path / "notes.txt").write_text("1")
    before = list(program.code(tmp_path))
    (tmp_path / "notes.txt").write_text("2")
    assert list(program.code(tmp_path)) == before != []
    file.write_text("2")
    assert list(program.code(tmp_path)) != before


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EMLINK])
def test_where_no_links_can_be_there_are_copies(
    tmp_path: Path, released: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A double for the system's refusal: not each file system that refuses can be had here."""
    root = tmp_path / "root"
    publish(root, released)

    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refused)
    save(released, small(2))
    before = (root / FIRST / "module_usage.csv.gz").stat()
    publish(root, released)
    assert contents(root) == fresh(released)
    copied = (root / FIRST / "module_usage.csv.gz").stat()
    assert (copied.st_nlink, copied.st_ino == before.st_ino) == (1, False)


def test_the_record_tells_nothing_that_is_not_public(tmp_path: Path, released: Path) -> None:
    """It has a release's head, which its week's package and the index have as well."""
    root = tmp_path / "root"
    publish(root, released)
    record = json.loads((root / weeks.RECORD).read_bytes())
    assert record["weeks"].keys() == set(WEEKS[:2])
    for week, each in record["weeks"].items():
        assert each.keys() == {"source", "files", "release"}
        assert {path.name for path in (root / "data" / week).iterdir()} == each["files"].keys()
        assert {len(table["rows"]) for table in each["release"]["tables"].values()} == {0}
