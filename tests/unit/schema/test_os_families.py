from __future__ import annotations

import pytest

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES


@pytest.mark.parametrize(
    "family",
    ["RedHat", "Debian", "Suse", "Archlinux", "Gentoo", "Solaris", "AIX", "Darwin", "windows"],
)
def test_facters_spelling(family: str) -> None:
    assert family in OS_FAMILIES


@pytest.mark.parametrize("fact", ["Acme Linux", "redhat", "REDHAT", "", "Windows", "Debian "])
def test_anything_else_is_a_sites_own(fact: str) -> None:
    assert fact not in OS_FAMILIES
