"""The files of published releases that a site keeps, and what they prove."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dropsonde.common.errors import FileError
from dropsonde.protocol.vocabulary import Vocabulary
from dropsonde.site.vocabulary.files import Files
from dropsonde.site.vocabulary.known import Known
from tests.support.sites import release

FORGE = "https://forge.example"
NTP = release("puppetlabs-ntp", "1.0.0", {"ntp"})
APACHE = release("puppetlabs-apache", "1.0.0", None)
BOTH = Vocabulary(FORGE, "2025-01-01", (NTP, APACHE)).to_bytes()
SLUGS = frozenset({"puppetlabs-ntp", "puppetlabs-apache"})


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path, FORGE)


def test_without_files_nothing_is_known(files: Files) -> None:
    known = files.known(SLUGS)
    assert not known.lists("puppetlabs-ntp")
    assert not known.published("puppetlabs-ntp", "1.0.0")
    assert known.classes("puppetlabs-ntp") == frozenset()
    assert files.day(files.shared) is None


def test_both_files_count(files: Files) -> None:
    files.shared.write_bytes(BOTH)
    files.keep((APACHE._replace(classes=frozenset({"apache"})), NTP._replace(version="2.0.0")))
    known = files.known(SLUGS)
    assert known.release("puppetlabs-apache", "1.0.0") == frozenset({"apache"})
    assert known.release("puppetlabs-ntp", "1.0.0") == frozenset({"ntp"})
    assert known.published("puppetlabs-ntp", "2.0.0")
    assert files.day(files.own) == files.day(files.shared)


def test_a_module_that_is_not_on_the_list_is_not_known(files: Files) -> None:
    """Whoever serves the file cannot make a private module public."""
    acme = release("acme-acme", "1.0.0", {"acme"})
    files.shared.write_bytes(Vocabulary(FORGE, "2025-01-01", (NTP, acme)).to_bytes())
    known = files.known(SLUGS)
    assert known.lists("puppetlabs-ntp")
    assert not known.lists("acme-acme")


def test_a_file_of_another_forge_does_not_count(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    files.shared.write_bytes(BOTH.replace(b"forge.example", b"acme.example"))
    assert not files.known(SLUGS).lists("puppetlabs-ntp")
    assert "was made from another Forge" in caplog.text


@pytest.mark.parametrize("data", [b"", BOTH[:-9], BOTH + b"puppetlabs-ntp\t\n", b"\xff", b"\0"])
def test_a_damaged_file_does_not_count_in_any_part(
    files: Files, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    files.shared.write_bytes(data)
    assert not files.known(SLUGS).lists("puppetlabs-apache")
    assert "run `dropsonde update`" in caplog.text


def test_a_file_that_may_not_be_read_is_an_error(files: Files) -> None:
    files.shared.symlink_to(files.shared)
    with pytest.raises(FileError, match="symbolic links"):
        files.known(SLUGS)


def test_the_file_that_the_settings_name_counts_in_place_of_the_served_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "vocabulary.txt").write_bytes(BOTH)
    brought = tmp_path / "brought"
    files = Files(tmp_path, FORGE, brought)
    with pytest.raises(FileError, match="check --vocabulary"):
        files.known(SLUGS)
    brought.write_bytes(BOTH[:-9])
    with pytest.raises(FileError, match="bring the file again"):
        files.known(SLUGS)
    brought.write_bytes(Vocabulary(FORGE, "2025-01-01", (NTP,)).to_bytes())
    assert files.known(SLUGS).lists("puppetlabs-ntp")
    assert not files.known(SLUGS).lists("puppetlabs-apache")
    assert caplog.text == ""


def test_of_two_sources_the_one_that_read_the_release_counts() -> None:
    unread = NTP._replace(classes=None)
    for order in ((NTP, unread), (unread, NTP)):
        assert Known(order).release("puppetlabs-ntp", "1.0.0") == frozenset({"ntp"})


def test_what_any_release_defines_is_public() -> None:
    known = Known((NTP, release("puppetlabs-ntp", "2.0.0", {"ntp::server"}), APACHE))
    assert known.classes("puppetlabs-ntp") == {"ntp", "ntp::server"}
    assert known.reads("puppetlabs-ntp")
    assert known.lists("puppetlabs-apache")
    assert not known.reads("puppetlabs-apache")
    assert known.release("puppetlabs-apache", "1.0.0") is None
    assert known.release("puppetlabs-ntp", None) is None
