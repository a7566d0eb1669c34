"""The known releases of operating systems."""

from __future__ import annotations

import pytest

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_names import OS_NAMES, is_rolling, os_release
from dropsonde.schema.vocabulary.os_releases import RELEASES, systems
from tests.real.os_releases import OS_RELEASES


def test_each_system_has_its_releases() -> None:
    assert RELEASES.keys() == {name for name in OS_NAMES if not is_rolling(name)}


@pytest.mark.parametrize("name", sorted(RELEASES))
def test_a_release_has_the_form_of_a_report(name: str) -> None:
    releases = RELEASES[name]
    assert len({*releases}) == len(releases)
    for release in releases:
        assert Domain.OS_RELEASE.admits(release)
        assert os_release(name, release) == release


def test_releases_of_real_systems_are_known() -> None:
    """From the os-release files of the systems' own packages, which Facter reads."""
    assert {*OS_RELEASES} <= {*systems()}


def test_each_system_occurs_once() -> None:
    found = systems()
    assert len({*found}) == len(found)
    assert {name for name, release in found if release is None} == OS_NAMES
