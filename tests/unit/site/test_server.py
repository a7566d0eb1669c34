"""What runs here: named from the system's files alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_names import OS_NAMES
from dropsonde.site.server import System, operating_system, system_of
from tests.real.os_releases import OS_RELEASES

lines = st.text() | st.builds(
    "{}={}".format,
    st.sampled_from(("NAME", "ID", "ID_LIKE", "VERSION_ID")),
    st.text() | st.sampled_from(('"Debian GNU/Linux"', "Acme", "debian", "12", '"22.04"')),
)


@pytest.mark.parametrize("named", OS_RELEASES)
def test_a_system_is_named_as_facter_does(named: tuple[str, str | None]) -> None:
    assert system_of(OS_RELEASES[named]) == named


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NAME=",
        'NAME="Acme Linux"\nID=debian\nVERSION_ID="12"',
        "name=Debian",
        "NAME = Debian",
        "\0",
        "NAME=" + "Debian" * 100_000,
    ],
)
def test_whatever_facter_does_not_name_is_not_known(text: str) -> None:
    assert system_of(text) == (None, None)


def test_a_systems_own_release_stays_home() -> None:
    assert system_of("NAME=Debian\nVERSION_ID=acme") == ("Debian", None)


@given(st.lists(lines).map("\n".join))
def test_only_public_words_come_out(text: str) -> None:
    name, release = system_of(text)
    assert name is None or name in OS_NAMES
    assert release is None or (name is not None and Domain.OS_RELEASE.admits(release))


def test_the_file_may_be_missing_or_of_any_bytes(tmp_path: Path) -> None:
    assert operating_system(tmp_path) == System(None, None)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_bytes(b"NAME='Ubuntu'\nACME=\xff\xfe\nVERSION_ID='24.04'\n")
    assert operating_system(tmp_path) == System("Ubuntu", "24.04")
