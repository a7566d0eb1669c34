"""What an endpoint says of who runs it may be anything; what is shown is bounded and harmless."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.protocol.about import LONGEST, LONGEST_URL, About, read

WHOLE = About("Vox Pupuli", "privacy@voxpupuli.org", "https://voxpupuli.org/privacy", 60)


def test_what_a_collector_writes_a_probe_reads() -> None:
    assert read(json.dumps(WHOLE.to_json()).encode()) == WHOLE
    assert WHOLE.said() == (
        "Vox Pupuli; contact: privacy@voxpupuli.org; privacy: https://voxpupuli.org/privacy; "
        "drops a week 60 days after its end"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"Acme"',
        b"<html>",
        b"\xff",
        b"[" * 100_000,
        b'{"operator": 1}',
        b'{"operator": "\\u202e \\u0007"}',
        b'{"contact": "mail@example.com"}',
    ],
)
def test_what_names_nobody_has_no_operator(body: bytes) -> None:
    assert read(body) == About()
    assert About().said() == "the endpoint does not say"


@pytest.mark.parametrize("days", [0, -1, 60.0, True, "60", None, 10**9])
def test_other_fields_that_are_odd_are_left_out(days: object) -> None:
    document = {"operator": "Acme", "contact": 7, "privacy_url": "javascript:alert(1)"}
    assert read(json.dumps({**document, "retain_days": days}).encode()) == About("Acme")


@given(st.text(st.characters(codec=None), max_size=2 * LONGEST), st.text(max_size=300))
def test_every_text_is_one_short_printable_line(name: str, url: str) -> None:
    document = {"operator": name, "contact": name, "privacy_url": f"https://a.example/{url}"}
    about = read(json.dumps(document).encode())
    assert len(about.operator) <= LONGEST
    assert len(about.privacy_url) <= LONGEST_URL
    assert about.said().isprintable()
