"""The list of public modules that the collector starts with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde.collector.intake.vocabulary import Vocabularies
from dropsonde.common.errors import ConfigError
from tests.unit.collector.intake.reports import VERSIONS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no list"),
        ("", "not a list"),
        ("[]", "not a list"),
        ("{}", "not a list"),
        ('{"modules": 1}', "not a list"),
        ('{"modules": [1]}', "not a list"),
        ('{"modules": []}', "names no module"),
        ('{"modules": ["acme"]}', "names no module"),
        ("[" * 100_000, "not a list"),
    ],
)
def test_without_a_list_it_does_not_start_and_says_how_to_make_one(
    tmp_path: Path, text: str | None, said: str
) -> None:
    path = tmp_path / "forge.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        Vocabularies(path, VERSIONS)
    assert said in caught.value.what
    assert "dropsonde update --cachepath" in caught.value.advice
    assert "acme" not in str(caught.value)


def test_it_is_made_anew_only_when_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "forge.json"
    path.write_text('{"modules": ["puppetlabs-ntp"]}')
    vocabularies = Vocabularies(path, VERSIONS)
    first = vocabularies.words
    vocabularies.refresh()
    assert vocabularies.words is first
    path.write_text('{"modules": ["puppetlabs-apache"]}')
    vocabularies.refresh()
    second = vocabularies.words
    assert second is not first
    path.unlink()
    vocabularies.refresh()
    assert vocabularies.words is second
