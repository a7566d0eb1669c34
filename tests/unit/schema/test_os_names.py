from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.os_names import OS_NAMES, os_release

# What a fact can be: any JSON.
facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
numbers = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3}){0,3}( R2)?", fullmatch=True)
names = st.sampled_from(sorted(OS_NAMES))


@pytest.mark.parametrize("name", ["RedHat", "Rocky", "Ubuntu", "windows", "openSUSE", "Darwin"])
def test_facters_spelling(name: str) -> None:
    assert name in OS_NAMES


@pytest.mark.parametrize("fact", ["Acme Linux", "redhat", "Windows", "", "Debian ", "Red Hat"])
def test_anything_else_is_a_sites_own(fact: str) -> None:
    assert fact not in OS_NAMES


@pytest.mark.parametrize(
    ("name", "fact", "release"),
    [
        ("Debian", "12", "12"),
        ("RedHat", 9, "9"),
        ("RedHat", "9.4", "9"),
        ("Ubuntu", "22.04", "22.04"),
        ("Ubuntu", "22.04.5", "22.04"),
        ("windows", "2012 R2", "2012 R2"),
        ("windows", "8.1", "8.1"),
        ("windows", "2019", "2019"),
        ("Amazon", "2023", "2023"),
        ("Amazon", "2018.03", "2018"),
        ("AIX", "7300", "7300"),
        ("openSUSE", "15.5", "15"),
        ("SLES", "15", "15"),
        ("Alpine", "3", "3"),
        # What a fact of a site's own may say, or a release that has no number.
        ("Debian", "trixie/sid", None),
        ("Debian", "4711", None),
        ("Debian", "12-acme", None),
        ("Debian", "22.04.acme", None),
        ("Debian", 12.0, None),
        ("Debian", True, None),
        ("Debian", None, None),
        ("Debian", ["12"], None),
        ("Debian", "\u0661\u0662", None),
        ("Debian", "12\n", None),
        ("Debian", "9" * 5000, None),
        ("Debian", 10**30, None),
        ("Debian", 0, None),
        ("Debian", "2019", None),
        ("RedHat", "2012 R2", None),
        ("Ubuntu", "22", None),
        ("Ubuntu", "22.05", None),
        ("Fedora", "Rawhide", None),
        ("Archlinux", "6.1.0-arch1", None),
        ("Archlinux", "6", None),
    ],
)
def test_a_release_is_the_number_of_a_real_one(
    name: str, fact: object, release: str | None
) -> None:
    assert os_release(name, fact) == release


@given(names, facts | numbers)
def test_a_release_never_holds_anything_else(name: str, fact: object) -> None:
    release = os_release(name, fact)
    assert release is None or Domain.OS_RELEASE.admits(release)


@given(names, st.from_regex(Domain.OS_RELEASE.pattern, fullmatch=True))
def test_a_release_of_the_form_stays_or_is_none_of_this_system(name: str, fact: str) -> None:
    assert os_release(name, fact) in {fact, fact.partition(".")[0], None}
