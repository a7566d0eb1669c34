"""Finding installed metrics: the quick look never misses what importlib.metadata would find."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder, PathDistribution
from pathlib import Path
from zipfile import ZipFile

import pytest

from dropsonde.report.entry_points import GROUP, registered

METADATA = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
ENTRIES = f"[{GROUP}]\nsizes = acme:Sizes\n"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory of packages, without any."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def install(place: Path, name: str = "acme-1.0.dist-info", entries: str = ENTRIES) -> Path:
    about = place / name
    about.mkdir()
    (about / ("METADATA" if name.endswith("dist-info") else "PKG-INFO")).write_text(METADATA)
    (about / "entry_points.txt").write_text(entries)
    return about


def found() -> list[tuple[str, str]]:
    return [(point.name, point.value) for point in registered()]


SIZES = [("sizes", "acme:Sizes")]


@pytest.mark.parametrize(
    "name", ["acme-1.0.dist-info", "ACME-1.0.DIST-INFO", "acme-1.0.egg-info", "acme.egg-info"]
)
def test_a_package_in_a_directory(place: Path, name: str) -> None:
    install(place, name)
    assert found() == SIZES


def test_several_are_sorted_by_name(place: Path) -> None:
    install(place)
    install(place, "zoo-1.0.dist-info", f"[{GROUP}]\nages = zoo:Ages\n")
    (place / "zoo-1.0.dist-info/METADATA").write_text(METADATA.replace("acme", "zoo"))
    assert [name for name, _ in found()] == ["ages", "sizes"]


def test_an_egg(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    egg = place / "acme-1.0-py3.11.egg"
    egg.mkdir()
    install(egg, "EGG-INFO")
    monkeypatch.setattr(sys, "path", [str(egg)])
    assert found() == SIZES


def test_an_archive(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ZipFile(place / "acme.zip", "w") as archive:
        archive.writestr("acme-1.0.dist-info/METADATA", METADATA)
        archive.writestr("acme-1.0.dist-info/entry_points.txt", ENTRIES)
    monkeypatch.setattr(sys, "path", [str(place / "acme.zip")])
    assert found() == SIZES


def test_the_working_directory(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(place)
    monkeypatch.chdir(place)
    monkeypatch.setattr(sys, "path", [""])
    assert found() == SIZES


def test_an_importer_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = install(tmp_path_factory.mktemp("elsewhere"))

    class Elsewhere(DistributionFinder):
        def find_spec(self, *_: object) -> None:
            return None

        def find_distributions(
            self, context: DistributionFinder.Context | None = None
        ) -> Iterable[Distribution]:
            del context
            return [PathDistribution(about)]

    assert found() == []
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Elsewhere()])
    assert found() == SIZES


@pytest.mark.parametrize("missing", ["nothing", "entries", "group", "directory"])
def test_none(place: Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    if missing == "entries":
        (install(place) / "entry_points.txt").unlink()
        (place / "acme.egg-info").write_text(METADATA)  # as distutils wrote it
    elif missing == "group":
        install(place, entries="[console_scripts]\nacme = acme:main\n")
    elif missing == "directory":
        monkeypatch.setattr(sys, "path", [str(place / "away")])
    assert found() == []
