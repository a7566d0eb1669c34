"""Which modules the Forge calls deprecated, from its list to the file that publishing reads.

The Forge's specification (``/v3/openapi.json``) has the form of ``deprecated_at`` and
``superseded_by``, and of a slug, whose two parts it also admits a slash between.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import ConfigError
from dropsonde.site.forge.deprecated import Deprecated, deprecated
from dropsonde.site.vocabulary.deprecated import NAME, read, write
from dropsonde.site.vocabulary.files import Files
from tests.unit.site.vocabulary.test_building import Run, forge, run

if TYPE_CHECKING:
    from tests.doubles.forge import LoopbackForge

__all__ = ["forge", "run"]  # fixtures
SINCE = datetime(2024, 5, 1, 6, tzinfo=timezone.utc)
OTHER = "author2-module2"


def test_the_file_is_made_with_the_vocabulary(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    forge.deprecated = {"author1-module1": (SINCE, OTHER), "author3-module3": (SINCE, None)}
    run(tmp_path)
    assert read(tmp_path / "vocabulary.txt") == {
        "author1-module1": Deprecated("2024-05-01", OTHER),
        "author3-module3": Deprecated("2024-05-01", None),
    }
    forge.deprecated = {}
    run(tmp_path)
    assert read(tmp_path / "vocabulary.txt") == {}
    (tmp_path / NAME).unlink()
    assert read(tmp_path / "vocabulary.txt") == {}


@pytest.mark.parametrize(
    ("at", "by", "expected"),
    [
        (None, None, None),
        ("2024-04-30 23:30:00 -0700", None, Deprecated("2024-05-01", None)),
        ("2024-05-01", {"uri": "/v3/modules/a-b", "slug": "a-b"}, Deprecated("2024-05-01", "a-b")),
        ("2024-05-01", {"slug": "a/b"}, Deprecated("2024-05-01", "a-b")),
        ("2024-05-01", {"slug": "<b>"}, Deprecated("2024-05-01", None)),
        ("2024-05-01", "a-b", Deprecated("2024-05-01", None)),
        ("soon", {"slug": "a-b"}, None),
        (7, None, None),
    ],
)
def test_only_what_has_the_forges_form_counts(
    at: object, by: object, expected: Deprecated | None
) -> None:
    assert deprecated({"slug": "x-y", "deprecated_at": at, "superseded_by": by}) == expected
    assert deprecated(at) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"modules": []}',
        '{"modules": {"a-b": null}}',
        '{"modules": {"a-b": ["2024-05-01"]}}',
        '{"modules": {"a-b": ["<i>", null]}}',
        '{"modules": {"a-b": ["2024-05-01 <i>", null]}}',
        '{"modules": {"a-b": ["2024-05-01", "<i>"]}}',
        '{"modules": {"../x": ["2024-05-01", null]}}',
        "[" * 100_000,
    ],
)
def test_another_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ConfigError, match=NAME) as told:
        read(tmp_path / "vocabulary.txt")
    assert "<i>" not in str(told.value)
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    with pytest.raises(ConfigError, match=NAME):
        read(tmp_path / "vocabulary.txt")


_SLUGS = st.from_regex(r"[a-z0-9]{1,5}-[a-z][a-z0-9_]{0,5}", fullmatch=True)


@given(
    st.dictionaries(
        _SLUGS, st.builds(Deprecated, st.dates().map(str), st.none() | _SLUGS), max_size=5
    )
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, modules: dict[str, Deprecated]
) -> None:
    directory = tmp_path_factory.mktemp("files")
    write(Files(directory, "https://forge.example"), modules)
    assert read(directory / "vocabulary.txt") == modules
    assert list(json.loads((directory / NAME).read_text())["modules"]) == sorted(modules)
