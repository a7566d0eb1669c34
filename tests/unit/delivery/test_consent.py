"""Consent: what was agreed stays agreed, and nothing else is."""

from __future__ import annotations

import json
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import ConfigError
from dropsonde.delivery import consent

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)


def test_nothing_is_agreed_before_the_first_opt_in(tmp_path: Path) -> None:
    assert consent.read(tmp_path / "none") is None


def test_the_first_opt_in_is_written_down(tmp_path: Path) -> None:
    made = consent.accept(tmp_path / "cache", ["modules", "classes"], NOW, None)
    assert consent.read(tmp_path / "cache") == made
    assert made.accepted == {"modules", "classes"}
    assert made.since == NOW
    assert stat.S_IMODE((tmp_path / "cache/consent.json").stat().st_mode) == 0o600


def test_new_columns_join_the_old_ones_and_the_day_stays(tmp_path: Path) -> None:
    old = consent.accept(tmp_path, ["modules"], NOW, None)
    new = consent.accept(tmp_path, ["classes"], NOW + timedelta(days=9), old)
    assert new == consent.Consent(frozenset({"modules", "classes"}), NOW)
    assert consent.read(tmp_path) == new


def test_a_day_to_come_was_a_wrong_clocks(tmp_path: Path) -> None:
    old = consent.accept(tmp_path, ["modules"], NOW + timedelta(days=3650), None)
    assert consent.accept(tmp_path, [], NOW, old).since == NOW


def test_withdrawing_starts_anew(tmp_path: Path) -> None:
    consent.accept(tmp_path, ["modules"], NOW, None)
    consent.withdraw(tmp_path)
    consent.withdraw(tmp_path)
    assert consent.read(tmp_path) is None


def odd(text: str, tmp_path: Path) -> None:
    (tmp_path / "consent.json").write_text(text)
    with pytest.raises(ConfigError, match="no column counts as accepted: look at"):
        consent.read(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"modules"',
        "{}",
        '{"accepted": ["a"]}',
        '{"accepted": [1], "since": "2026-03-04T05:06:07+00:00"}',
        '{"accepted": ["a"], "since": "2026-03-04T05:06:07"}',
        '{"accepted": ["a"], "since": "soon"}',
        '{"accepted": null, "since": "2026-03-04T05:06:07+00:00"}',
        "[" * 100_000,
    ],
)
def test_what_cannot_be_understood_agrees_to_nothing(text: str, tmp_path: Path) -> None:
    odd(text, tmp_path)


@given(cut=st.integers(0, 10_000))
def test_half_a_file_agrees_to_nothing(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("consent")
    consent.accept(directory, ["modules", "classes"], NOW, None)
    whole = (directory / "consent.json").read_text()
    odd(whole[: cut % (len(whole) - 2)], directory)


def test_a_directory_in_its_place_agrees_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "consent.json").mkdir()
    with pytest.raises(ConfigError):
        consent.read(tmp_path)


def test_what_is_written_is_plain(tmp_path: Path) -> None:
    consent.accept(tmp_path, {"b", "a"}, NOW, None)
    assert json.loads((tmp_path / "consent.json").read_text()) == {
        "accepted": ["a", "b"],
        "since": "2026-03-04T05:06:07+00:00",
    }
