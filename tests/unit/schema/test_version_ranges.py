"""Which major versions a range of releases admits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.version_ranges import MOST, majors, plain, usual

ALL = tuple(range(MOST + 1))


@pytest.mark.parametrize(
    ("requirement", "found"),
    [
        (">= 4.13.1 < 10.0.0", (4, 5, 6, 7, 8, 9)),
        (">= 1.0.0 < 1.0.0", ()),
        (">= 2.0.0 < 1.0.0", ()),
        (">=4.0.0", ALL[4:]),
        ("< 2.0.0", (0, 1)),
        ("<= 2.0.0", (0, 1, 2)),
        ("< 2.0.1", (0, 1, 2)),
        ("> 2.0.0", ALL[2:]),
        ("> 2", ALL[3:]),
        ("<= 2", (0, 1, 2)),
        ("1.x", (1,)),
        ("1", (1,)),
        ("1.2.3", (1,)),
        ("=1.2.x", (1,)),
        ("~> 1.2", (1,)),
        ("~1.2.3", (1,)),
        ("^1.2.3", (1,)),
        ("^0.2", (0,)),
        ("*", ALL),
        ("x", ALL),
        ("1.0.0 - 3.0.0", (1, 2, 3)),
        ("1.0.0 - 3.0.0-rc1", (1, 2)),
        ("< 2.0.0 || >= 4.0.0 < 5.0.0", (0, 1, 4)),
        (">= 1.0.0, < 3.0.0", (1, 2)),
        # Only stable releases count.
        ("1.0.0-rc1", ()),
        (">= 1.0.0-rc1 < 2.0.0-rc1", (1,)),
        # Puppet cannot read these.
        ("01.0.0", ()),
        (">= 1.0.0<2.0.0", ()),
        ("acme", ()),
        ("", ()),
    ],
)
def test_majors(requirement: str, found: tuple[int, ...]) -> None:
    assert majors(requirement) == found


@given(st.from_regex(Domain.VERSION_REQUIREMENT.pattern, fullmatch=True))
def test_every_range_of_a_report_has_a_result(requirement: str) -> None:
    found = majors(requirement)
    assert found == tuple(sorted({*found} & {*ALL}))
    told = plain(requirement)
    if told is not None:
        assert Domain.VERSION_REQUIREMENT.admits(told)
        assert (majors(told), plain(told)) == (found, told)


@pytest.mark.parametrize(
    ("requirement", "told"),
    [
        (">= 4.13.1 < 10.0.0", ">= 4.0.0 < 10.0.0"),
        (">= 4.13.1 <= 10.0.0", ">= 4.0.0 < 11.0.0"),
        ("1.x", ">= 1.0.0 < 2.0.0"),
        (">= 2.1.0", ">= 2.0.0"),
        ("*", ">= 0.0.0"),
        ("< 2.0.0 || >= 2.0.0 < 3.0.0", ">= 0.0.0 < 3.0.0"),
        ("< 2.0.0 || >= 4.0.0 < 5.0.0", None),
        (">= 3.0.0 < 2.0.0", None),
        (">= 4711.0.0", None),
        ("acme", None),
        (">= 1.0.0 < 2.0.0 >= 1.0.0 < 2.0.0 >= 1.0.0", None),
    ],
)
def test_plain(requirement: str, told: str | None) -> None:
    assert plain(requirement) == told


@given(st.integers(0, MOST), st.integers(0, 99), st.integers(0, 99))
def test_a_release_is_in_its_own_range(major: int, minor: int, patch: int) -> None:
    assert majors(f"{major}.{minor}.{patch}") == (major,)
    assert majors(f">= {major}.{minor}.{patch} < {major + 1}.0.0") == (major,)


@given(
    st.from_regex(r">= ?[0-9]{1,3}(\.[0-9]{1,2}){2} < ?[0-9]{1,3}(\.[0-9]{1,2}){2}", fullmatch=True)
)
def test_the_usual_form_is_read_alike(requirement: str) -> None:
    assert usual(requirement) == plain(requirement)


@pytest.mark.parametrize("requirement", ["1.x", ">= 1.0.0", ">= 1.0.0 < 2.0.0-rc1", "acme", ""])
def test_other_forms_are_not_usual(requirement: str) -> None:
    assert usual(requirement) is None
