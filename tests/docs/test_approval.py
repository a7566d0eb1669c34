"""The page for the people who must agree names what holds it, and can be found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dropsonde.report import plugins

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/approval.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[^`]*)`", TEXT)))
SECTIONS = re.findall(r"^## (.*)\n((?:(?!^## ).*\n)*)", TEXT, re.MULTILINE)
# These make no claim of their own.
WITHOUT = {"A table to paste", "What stays a risk"}


@pytest.mark.parametrize("file", TESTS)
def test_each_test_that_is_named_is_there_and_tests(file: str) -> None:
    assert re.search(r"^def test_", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("title", "text"), SECTIONS, ids=[title for title, _ in SECTIONS])
def test_each_section_names_what_holds_it(title: str, text: str) -> None:
    assert title in WITHOUT or re.search(r"`tests/[^`]*\.py`", text)


def test_each_page_that_is_named_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", TEXT)
    assert len(links) > 3
    for link in links:
        assert (ROOT / "docs" / link).is_file(), link


def test_the_table_has_every_metric_and_three_lines_to_fill_in() -> None:
    (table,) = re.findall(r"<!-- facts.*?-->\n(.*?)<!-- end -->", TEXT, re.DOTALL)
    for metric in plugins.choose(plugins.load(None), (), ()):
        assert f"{metric.name}: {metric.description}" in table
    assert len(re.findall(r"\[\*.*?\*.*?\]", table)) == 3


def test_it_is_found_and_uses_the_law_s_words() -> None:
    for page in ("README.md", "docs/README.md", "docs/privacy.md", "docs/collector.md"):
        assert "approval.md" in (ROOT / page).read_text(encoding="utf-8"), page
    assert "pseudonymous data" in TEXT
    assert "no legal advice" in TEXT
