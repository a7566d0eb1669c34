"""SECURITY.md names what holds each promise, and all of that is there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[^`]*)`", TEXT)))
LINKS = sorted(set(re.findall(r"\]\(([^)#]*)\)", TEXT)))
PROMISED = TEXT.partition("## What we promise")[2].partition("## What is out of scope")[0]
# What user puppet may do is a warning; all other points are promises.
PROMISES = [
    point
    for point in re.split(r"\n\* ", PROMISED)[1:]
    if not point.startswith("It owns the probe's")
]


@pytest.mark.parametrize("file", TESTS)
def test_each_test_that_is_named_is_there_and_tests(file: str) -> None:
    assert re.search(r"^def test_", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", LINKS)
def test_each_page_that_is_named_is_there(page: str) -> None:
    assert (ROOT / page).is_file()


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_names_what_holds_it(promise: str) -> None:
    assert re.search(r"`tests/[^`]*\.py`|docs/[^)]*\.md", promise)


def test_it_is_found_from_the_readme_and_names_no_address() -> None:
    assert len(TESTS) > 20
    assert len(PROMISES) > 8
    for page in ("README.md", "docs/privacy.md", "docs/collector.md"):
        assert "SECURITY.md" in (ROOT / page).read_text(encoding="utf-8")
    assert re.findall(r"\S+@\S+", TEXT) == []


def test_it_goes_into_a_source_distribution() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "SECURITY.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert listed.stdout == "SECURITY.md\n"
    assert '"SECURITY.md",' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
