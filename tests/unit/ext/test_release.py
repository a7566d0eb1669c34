"""The notes and the bill of materials of a release."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from ext.release.bill import OURS, bill
from ext.release.notes import notes

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- What is new.

## [1.0.0] - 2026-01-01

- What was new.
"""


@pytest.fixture
def changelog(tmp_path: Path) -> Path:
    file = tmp_path / "CHANGELOG.md"
    file.write_text(CHANGELOG)
    return file


def test_notes_are_the_versions_own_part(changelog: Path) -> None:
    assert notes(changelog, "1.0.0") == "# Dropsonde 1.0.0\n\n- What was new.\n"


def test_notes_of_a_version_to_come_are_what_is_unreleased(changelog: Path) -> None:
    assert notes(changelog, "2.0.0") == "# Dropsonde 2.0.0\n\n### Added\n\n- What is new.\n"


def test_a_version_without_a_word_is_refused(changelog: Path) -> None:
    changelog.write_text("# Changelog\n\n## [Unreleased]\n")
    with pytest.raises(SystemExit, match=r"says nothing of 1\.0\.0: add it there"):
        notes(changelog, "1.0.0")


def wheel(directory: Path, *lines: str) -> Path:
    file = directory / "made-1.whl"
    with zipfile.ZipFile(file, "w") as archive:
        ours = (f"Name: {OURS}", "Version: 1.2.3", "License-Expression: MIT", *lines, "")
        archive.writestr("a.dist-info/METADATA", "\n".join(ours))
        archive.writestr("a.py", "")
    return file


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


def test_the_bill_of_a_wheel_names_what_it_needs(tmp_path: Path) -> None:
    needs = ("Requires-Dist: pyyaml>=6", 'Requires-Dist: duckdb; extra == "collector"')
    made = json.loads(bill(wheel(tmp_path, *needs)))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    assert made["metadata"]["timestamp"] == "2026-01-01T00:00:00+00:00"
    assert made["metadata"]["component"]["version"] == "1.2.3"
    (licence,) = made["metadata"]["component"]["licenses"]
    assert licence["license"]["id"] == "MIT"
    assert [part["description"] for part in made["components"]] == ["pyyaml >=6"]


def test_the_bill_of_what_carries_libraries_names_these(tmp_path: Path) -> None:
    file = wheel(tmp_path, "Requires-Dist: pyyaml>=6")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(
            "pyyaml.dist-info/METADATA", "Name: PyYAML\nVersion: 6.0.2\nLicense: MIT\n"
        )
    made = json.loads(bill(file))
    assert [part["purl"] for part in made["components"]] == ["pkg:pypi/pyyaml@6.0.2"]
    (depends,) = (one for one in made["dependencies"] if one["ref"] == file.name)
    assert depends["dependsOn"] == ["PyYAML==6.0.2"]


def test_the_bill_of_what_carries_an_interpreter_names_its_parts(tmp_path: Path) -> None:
    file = wheel(tmp_path)
    with zipfile.ZipFile(file, "a") as archive:
        text = "It is made of:\n\nopenssl 3.5.1-1 (Debian)\nziglang 0.15.1\n"
        archive.writestr("a/share/doc/dropsonde/SOURCES", text)
    made = json.loads(bill(file))
    assert [part["purl"] for part in made["components"]] == [
        "pkg:deb/debian/openssl@3.5.1-1?arch=source",
        "pkg:pypi/ziglang@0.15.1",
    ]


def test_the_same_bytes_have_the_same_bill(tmp_path: Path) -> None:
    file = wheel(tmp_path)
    assert bill(file) == bill(file)
