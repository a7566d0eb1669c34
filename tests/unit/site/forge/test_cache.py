"""The list on disk: also the Ruby program's, a damaged one, another Forge's."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import FileError, ForgeError
from dropsonde.site.forge import DEFAULT_URL, ForgeList
from dropsonde.site.forge.cache import parse_time
from tests.doubles.forge import Fault, LoopbackForge, names
from tests.unit.site.forge.lists import DAY, NOW, make, put


def test_reads_a_list_of_the_ruby_program(tmp_path: Path) -> None:
    put(tmp_path, timestamp="2019-09-19 11:47:13 -0700", modules=["saz-memcached", "odd name"])
    forge_list = make(tmp_path, DEFAULT_URL).load()
    when = datetime(2019, 9, 19, 18, 47, 13, tzinfo=timezone.utc)
    assert forge_list == ForgeList(frozenset({"saz-memcached"}), when, DEFAULT_URL)


def test_a_list_of_the_ruby_program_is_fetched_whole(server: LoopbackForge, tmp_path: Path) -> None:
    # It dropped the last modules of the list, and never one that was removed from the Forge.
    forge = make(tmp_path, server.url)
    forge.refresh()
    document = json.loads(forge.path.read_text())
    del document["full_refresh"]
    put(tmp_path, **document)
    assert forge.refresh(force=True).requests == 3


def test_a_list_of_another_forge_is_not_used(
    server: LoopbackForge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put(tmp_path, timestamp=str(NOW), source="https://forge.internal", modules=["acme-secret"])
    forge = make(tmp_path, server.url)
    assert forge.load() == ForgeList()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "forge.internal" not in caplog.text
    assert forge.refresh().forge_list.slugs == set(names(250))


def test_a_list_without_a_source_is_the_public_forges(tmp_path: Path) -> None:
    put(tmp_path, timestamp=str(NOW), modules=["saz-memcached"])
    assert make(tmp_path, "https://forge.internal").load().slugs == frozenset()
    assert make(tmp_path, DEFAULT_URL + "/").load().slugs == {"saz-memcached"}


def test_a_password_in_the_address_is_kept_nowhere(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path, server.url.replace("//", "//user:sesame@"))
    assert forge.refresh().forge_list.source == server.url
    assert "sesame" not in forge.path.read_text()
    server.faults[3] = Fault(status=404)
    with pytest.raises(ForgeError) as raised:
        make(tmp_path, forge.url, NOW + 31 * DAY).refresh()
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"timestamp": "2024-01-01", "modules": ["a-b", ',
        b"[]",
        b"{}",
        b'{"modules": {"a-b": 1}}',
        b'{"modules": ["a-b", 7]}',
        b'{"modules": ["a-b"], "timestamp": 7}',
        b'{"modules": ["a-b"], "source": null}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_list_is_set_aside(
    server: LoopbackForge, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    forge = make(tmp_path, server.url)
    forge.path.write_bytes(content)
    assert forge.load() == ForgeList()
    assert len(caplog.records) == 1
    assert forge.path.read_bytes() == content  # whoever looks moves nothing
    assert len(forge.refresh().forge_list.slugs) == 250
    assert (tmp_path / "forge.json.corrupt-20240315T120000").read_bytes() == content


def test_a_directory_in_its_place_is_set_aside(server: LoopbackForge, tmp_path: Path) -> None:
    forge = make(tmp_path, server.url)
    forge.path.mkdir()
    assert len(forge.refresh().forge_list.slugs) == 250


def test_a_cache_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(FileError, match="cache"):
        make(tmp_path / "cache", DEFAULT_URL).load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2000-1-1", datetime(2000, 1, 1, tzinfo=timezone.utc)),
        ("2019-09-19 11:47:13 -0700", datetime(2019, 9, 19, 18, 47, 13, tzinfo=timezone.utc)),
        ("2019-09-19T11:47:13+05:30", datetime(2019, 9, 19, 6, 17, 13, tzinfo=timezone.utc)),
        ("2019-09-19T11:47:13.25Z", datetime(2019, 9, 19, 11, 47, 13, tzinfo=timezone.utc)),
        ("2019-09-19 11:47:13 UTC", datetime(2019, 9, 19, 11, 47, 13, tzinfo=timezone.utc)),
        ("2019-02-30", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_in_all_their_spellings(text: str, expected: datetime | None) -> None:
    assert parse_time(text) == expected


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=zones)  # noqa: DTZ001 - hypothesis adds the zone


@given(moments, st.sampled_from(["%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z"]))
def test_any_time_survives_being_written(moment: datetime, form: str) -> None:
    assert parse_time(moment.strftime(form)) == moment.replace(microsecond=0)


@given(st.text())
def test_no_text_is_too_odd_for_a_time(text: str) -> None:
    found = parse_time(text)
    assert found is None or found.tzinfo is timezone.utc
