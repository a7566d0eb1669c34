from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.puppet_versions import (
    implementation,
    known_minor_versions,
    minor_version,
)


@pytest.mark.parametrize(
    ("fact", "version"),
    [
        ("8.10.0", "8.10"),
        ("7.34.0", "7.34"),
        ("9.0.0-beta2", "9.0"),
        ("9.0.0~rc1", "9.0"),
        ("8.10", "8.10"),
        ("2023.8.0", "2023.8"),
        ("8.10.0-acme.example", "8.10"),
        ("8.10+acme", "8.10"),
        ("acme", None),
        ("8", None),
        ("8.10acme", None),
        ("8.123.0", None),
        ("123.4.0", None),
        ("8.01.0", None),
        ("8.10.0\n", None),
        ("\u0668.\u0661", None),
        ("", None),
        (8.1, None),
        (None, None),
        (["8.10.0"], None),
    ],
)
def test_only_the_first_two_numbers_count(fact: object, version: str | None) -> None:
    assert minor_version(fact) == version


@given(st.text() | st.from_regex(r"[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]+)?([-+.].*)?"))
def test_a_version_never_holds_anything_else(fact: str) -> None:
    version = minor_version(fact)
    assert version is None or (Domain.MINOR_VERSION.admits(version) and fact.startswith(version))


@pytest.mark.parametrize(
    ("version", "fact", "whose"),
    [
        ("8.21", "openvox", "openvox"),
        ("7.37", "openvox", "openvox"),
        ("7.34", None, "puppet"),
        ("8.10", None, "puppet"),
        ("8.11", None, None),
        ("8.18", None, None),
        ("8.19", None, "puppet"),
        ("7.36", None, None),
        ("8.10", "Acme's", "puppet"),
        ("8.10", "pe", "puppet"),
        ("8.14", ["openvox"], None),
    ],
)
def test_whose_agent_it_is(version: str, fact: object, whose: str | None) -> None:
    assert implementation(version, fact) == whose


def test_known_versions_have_the_form_of_a_report() -> None:
    known = known_minor_versions()
    assert len({*known}) == len(known)
    for version in known:
        assert Domain.MINOR_VERSION.admits(version)
        assert minor_version(f"{version}.0") == version


@pytest.mark.parametrize(
    "version",
    # Of Puppet's, OpenVox's and Puppet Enterprise's own release notes.
    ["4.10", "5.5", "6.28", "7.34", "8.10", "8.23", "9.0", "2019.8", "2021.7", "2023.8", "2025.1"],
)
def test_real_versions_are_known(version: str) -> None:
    assert version in known_minor_versions()
