"""The same again is no work; whatever else somebody changed, the files are made again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from dropsonde.publish import program, versions
from dropsonde.publish.forge import UNKNOWN, Forge
from dropsonde.publish.root import publish
from dropsonde.site.vocabulary.deprecated import Deprecated
from tests.unit.publish.releases import WEEKS, save
from tests.unit.publish.test_root import contents
from tests.unit.publish.test_weeks import damaged, directory, linked, missing, small

SITE = "https://a.example/"
FORGE = Forge({"a-one", "b-two"}, {"a-one": Deprecated("2026-01-02", None)})


@pytest.fixture
def released(tmp_path: Path) -> Path:
    return save(tmp_path / "released", small(0, 1))


def added(path: Path) -> None:
    path.with_name("more.txt").write_text("no number\n")


def gone(path: Path) -> None:
    """With its directory."""
    shutil.rmtree(path.parent)


def test_the_same_again_writes_nothing(
    tmp_path: Path, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(*_: object) -> NoReturn:
        raise AssertionError("nothing is new")

    root = tmp_path / "root"
    before = publish(root, released, SITE, FORGE)
    monkeypatch.setattr("dropsonde.publish.dataset.write", written)
    assert publish(root, released, SITE, FORGE) == before == (len(contents(root)), WEEKS[1])
    with pytest.raises(AssertionError, match="nothing is new"):
        publish(root, released)


@pytest.mark.parametrize("change", [damaged, missing, linked, directory, added, gone])
@pytest.mark.parametrize("name", ["assets/mark.svg", f"data/{WEEKS[0]}/module_usage.csv.gz"])
def test_what_somebody_changed_is_made_again(
    tmp_path: Path, released: Path, change: Callable[[Path], None], name: str
) -> None:
    root = tmp_path / "root"
    files = publish(root, released)
    made, whole = root.readlink(), contents(root)
    change(root / name)
    assert publish(root, released) == files
    assert contents(root) == whole
    assert root.readlink() != made
    change(root / name)
    assert publish(root, released) == files
    assert contents(root) == whole
    assert root.readlink() == made


def test_a_change_in_the_very_moment_is_seen(tmp_path: Path, released: Path) -> None:
    root = tmp_path / "root"
    publish(root, released)
    version, shown = root.resolve(), root.lstat().st_mtime_ns
    assert versions.untouched(root, version) == len(contents(root))
    os.utime(version / "index.html", ns=(shown, shown))
    assert versions.untouched(root, version) is None


@pytest.mark.parametrize(
    ("site", "forge"),
    [
        ("", FORGE),
        (SITE, UNKNOWN),
        (SITE, FORGE._replace(modules={"a-one"})),
        (SITE, FORGE._replace(deprecated={})),
        (SITE, FORGE._replace(deprecated={"a-one": Deprecated("2026-01-03", None)})),
    ],
)
def test_what_is_known_names_a_version(
    tmp_path: Path, released: Path, site: str, forge: Forge
) -> None:
    root = tmp_path / "root"
    publish(root, released, SITE, FORGE)
    first = root.readlink()
    publish(root, released, site, forge)
    assert root.readlink() != first


def test_the_order_in_which_modules_are_known_is_nothing(tmp_path: Path, released: Path) -> None:
    root = tmp_path / "root"
    publish(root, released, SITE, FORGE._replace(modules=["a-one", "b-two"]))
    first = root.readlink()
    publish(root, released, SITE, FORGE._replace(modules=["b-two", "a-one"]))
    assert root.readlink() == first


def test_another_program_makes_another_version(
    tmp_path: Path, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    publish(root, released)
    first = root.readlink()
    monkeypatch.setattr(versions, "makers", lambda: "another")
    publish(root, released)
    assert root.readlink() != first


def test_templates_and_libraries_are_a_part_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dropsonde.publish.program.resources.files", lambda _: tmp_path)
    monkeypatch.setattr(program, "writers", lambda: "the same")
    found = [program.makers.__wrapped__()]
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "page.html").write_text("1")
    found.append(program.makers.__wrapped__())
    (tmp_path / "below" / "page.html").rename(tmp_path / "below" / "other.html")
    found.append(program.makers.__wrapped__())
    monkeypatch.setattr("dropsonde.publish.program.metadata.version", lambda _: "another")
    found.append(program.makers.__wrapped__())
    assert len(set(found)) == len(found)
    (tmp_path / "below" / "page.pyc").write_text("compiled")
    assert program.makers.__wrapped__() == found[-1]
