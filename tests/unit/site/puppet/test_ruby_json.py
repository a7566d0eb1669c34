"""JSON as Ruby reads it: the answers of Ruby 3.1, but for half a surrogate pair."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.site.puppet import ruby_json

TAKEN: list[tuple[bytes, Any]] = [
    (rb'["\(", "\d\q", "\'"]', ["(", "dq", "'"]),
    (rb'["\\(", "\\\d", "\\u0041"]', ["\\(", "\\d", "\\u0041"]),
    (rb'["\"\\\/\b\f\n\r\t\u0041"]', ['"\\/\b\f\n\r\tA']),
    (rb'["\ud83d\ude00", "\\ud800"]', ["\U0001f600", "\\ud800"]),
    (rb'["a\ud800", "\ud800\u0041", "\udE00\ud800"]', ["a\ufffd", "\ufffdA", "\ufffd\ufffd"]),
    (b'["\xe9", "\xc3\xa9", "a\x7f"]', ["\ufffd", "\u00e9", "a\x7f"]),
    (b'/* a */ {"a" /* b */ : // c\n "/* d */ // e"}', {"a": "/* d */ // e"}),
    (b"[/**/]", []),
    (b"[/* / * */]", []),
    (b'{"a": 1, "a": "b"}', {"a": "b"}),
    (b"[" * 100 + b"]" * 100, ...),
    (b"[12345678901234567890, -0, 1e999, 1.5E+3]", [0, 0, 0, 0]),
    (b"[" + b"9" * 5000 + b"]", [0]),
    (b"[true, false, null]", [True, False, None]),
]
REFUSED = [
    *(b"", b" ", b"{", b"[1]x", b"[1,]", b'{"a": 1,}', b"{a: 1}", b"['a']", b"[1 2]", b"[1/**/2]"),
    *(b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[01]", b"[.5]", b"[2.]", b"[+1]", b"[--1]"),
    *(b'["a\tb"]', b'["a\nb"]', b'["a\0b"]', b'["\\\n"]', b'["\\\x01"]', b'["\\u12"]'),
    *(b'["\\uZZZZ"]', b'["\\u"]'),
    *(b"[1]/", b"[1] //", b"[1] /* a", b"/*/ [1]", b"# a\n[1]", b"[1]\0", b"[1]\x0c"),
    *(b"\xef\xbb\xbf[1]", b"[1]\xc2\xa0", b"\xff", b"[" * 101 + b"]" * 101, b'{"a":' * 9999),
]


@pytest.mark.parametrize(("data", "expected"), TAKEN, ids=range(len(TAKEN)))
def test_what_ruby_takes(data: bytes, expected: Any) -> None:
    found = ruby_json.loads(data)
    assert expected is ... or found == expected


@pytest.mark.parametrize("data", REFUSED, ids=range(len(REFUSED)))
def test_what_ruby_refuses(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also json's own, whose words are not ours
        ruby_json.loads(data)


@given(
    st.binary(max_size=60) | st.text('{}[]",:/*\\u\n dD89abctrue-1.', max_size=40).map(str.encode)
)
def test_no_content_raises_anything_else(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        ruby_json.loads(data)


@pytest.mark.parametrize("piece", [b'"', b'"\\', b"/*", b"//", b"[", b'"a",', b"\\", b'"\\u'])
def test_its_time_is_in_proportion_to_its_size(piece: bytes) -> None:
    """A pattern that goes back would take hours for this."""
    data = piece * (1_000_000 // len(piece))
    for document in (data, b'["' + data, b'["' + data + b'"]'):
        with contextlib.suppress(ValueError):
            ruby_json.loads(document)
