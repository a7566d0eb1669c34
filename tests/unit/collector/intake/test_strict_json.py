"""Strict JSON: what two readers could understand in two ways is refused, with its place."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.intake.faults import RefusedError
from dropsonde.collector.intake.strict_json import FRACTION, MAX_BYTES, MAX_DEPTH, quick, strict
from tests.unit.collector.intake.reports import CANARY

KNOWN = {"a", "b"}


def faults(data: bytes) -> list[str]:
    with pytest.raises(RefusedError) as caught:
        strict(data, KNOWN)
    return list(caught.value.faults)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("data", "document"),
    [
        (b"null", None),
        (b' {"a" :\t[1, -0, true]\r\n}\n', {"a": [1, 0, True]}),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"1.0", FRACTION),
        (b"1e2", FRACTION),
        (b"1e999999", FRACTION),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        ('"\N{GRINNING FACE}"'.encode(), "\N{GRINNING FACE}"),
        (b'"\\\\ud800"', "\\ud800"),  # an escaped backslash, and no escape after it
        (b'["a", "a", {"a": {"a": 1}}]', ["a", "a", {"a": {"a": 1}}]),
        (b'"[[[[[[[[[[[[[[[[[[[[{\\"[["', "[" * 20 + '{"[['),
        (nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH))),
    ],
)
def test_strict_json_is_read(data: bytes, document: Any) -> None:
    assert strict(data, KNOWN) == document


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "the data: not JSON (line 1, column 1)"),
        (b"{", "the data: not closed, or deeper than 16 levels"),
        (b"[}", "the data: not JSON (line 1, column 2)"),
        (b"[1,,2]", "the data: not JSON (line 1, column 4)"),
        (b"[\n 1 2]", "the data: not JSON (line 2, column 4)"),
        (b"1 1", "the data: not JSON (line 1, column 3)"),
        (b"01", "the data: not JSON (line 1, column 2)"),
        (b"'a'", "the data: not JSON (line 1, column 1)"),
        (b'"a\nb"', "the data: not JSON (line 1, column 3)"),
        (b'"a', "the data: not JSON (line 1, column 1)"),
        (b'"a\\', "the data: not JSON (line 1, column 1)"),
        (b"\xef\xbb\xbf{}", "the data: not JSON (line 1, column 1)"),
        ("{}".encode("utf-16"), "the data: not UTF-8 (byte 0)"),
        (b'"\xff"', "the data: not UTF-8 (byte 1)"),
        (b'"\xed\xa0\x80"', "the data: not UTF-8 (byte 1)"),
        (b'"\xc0\xaf"', "the data: not UTF-8 (byte 1)"),
        (b"NaN", "the data: not a number of JSON"),
        (b'{"a":[1,-Infinity]}', "a[1]: not a number of JSON"),
        (b'{"a":Infinity}', "a: not a number of JSON"),
        (b"9223372036854775808", "the data: out of range (64 bits)"),
        (b"-9223372036854775809", "the data: out of range (64 bits)"),
        (b'{"b":[' + b"9" * 5000 + b"]}", "b[0]: out of range (64 bits)"),
        (b'{"a":1,"a":1}', "the data: 1 key given again"),
        (b'{"a":1,"\\u0061":2,"a":3}', "the data: 2 keys given again"),
        (b'{"a":[{"b":{"a":1,"a":1}}]}', "a[0].b: 1 key given again"),
        (b'{"acme":{"a":1,"a":1}}', "*: 1 key given again"),
        (b'"\\ud800"', "the data: a lone surrogate"),
        (b'{"a":["","x\\udfff"]}', "a[1]: a lone surrogate"),
        (b'{"a":"\\udc00\\ud800"}', "a: a lone surrogate"),
        (b'{"a":{"\\ud800":1}}', "a: a lone surrogate in a key"),
        (nested(MAX_DEPTH + 1), "the data: not closed, or deeper than 16 levels"),
        (nested(500_000), "the data: not closed, or deeper than 16 levels"),
        (b'[{"a":' * 9 + b"1" + b"}]" * 9, "the data: not closed, or deeper than 16 levels"),
        (b'["]",' * 17 + b"1" + b"]" * 17, "the data: not closed, or deeper than 16 levels"),
        (b'["\\"]",' * 17 + b"1" + b"]" * 17, "the data: not closed, or deeper than 16 levels"),
        (b'["' + b"x" * MAX_BYTES + b'"]', "the data: longer than 1 MiB"),
    ],
)
def test_other_bytes_are_refused(data: bytes, expected: str) -> None:
    assert faults(data) == [expected]
    document = quick(data)
    # The quick reader leaves these to the schema: a level, or a number, too much.
    assert document is None or "deeper" in expected or "range" in expected


def test_every_fault_is_said_with_its_place() -> None:
    assert faults(
        b'{"a":NaN,"a":[1,"\\ud800",{"b":1,"b":-Infinity}],"b":18446744073709551616}'
    ) == [
        "the data: 1 key given again",
        "a: not a number of JSON",
        "a[1]: a lone surrogate",
        "a[2]: 1 key given again",
        "a[2].b: not a number of JSON",
        "b: out of range (64 bits)",
    ]


def test_many_faults_are_cut_and_counted() -> None:
    said = faults(b"[" + b",".join([b"NaN"] * 1000) + b"]")
    assert said[:2] == ["[0]: not a number of JSON", "[1]: not a number of JSON"]
    assert said[20:] == ["and 980 more"]


# Documents as trees, in which an object is a tuple of pairs: a key may stand in it again.
TEXTS = st.text(st.characters(exclude_categories=()), max_size=3)  # surrogates, too
KEYS = st.sampled_from(["a", "b"]) | TEXTS
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(st.tuples(KEYS, inner), max_size=4).map(tuple)
    ),
    max_leaves=12,
)


def written(tree: Any, gap: str) -> str:
    """A tree as JSON."""
    if isinstance(tree, tuple):
        pairs = (f"{gap}{json.dumps(key)}{gap}:{gap}{written(item, gap)}" for key, item in tree)
        return "{" + ",".join(pairs) + gap + "}"
    if isinstance(tree, list):
        return "[" + f"{gap},".join(written(item, gap) for item in tree) + gap + "]"
    return json.dumps(tree)


def read(text: str) -> str:
    """A text as JSON's readers see it: with its surrogate pairs joined."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def plain(tree: Any) -> Any:
    """What strict JSON should make of a tree; ValueError where it should refuse."""
    if isinstance(tree, tuple):
        found = {plain(key): plain(item) for key, item in tree}
        if len(found) < len(tree):
            raise ValueError("a key given again")
        return found
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    if isinstance(tree, str):
        read(tree).encode("utf-8")  # UnicodeEncodeError is a ValueError
        return read(tree)
    if isinstance(tree, float):
        if not math.isfinite(tree):
            raise ValueError("not a number of JSON")
        return FRACTION
    if isinstance(tree, int) and not -(2**63) <= tree < 2**63:
        raise ValueError("beyond 64 bits")
    return tree


@given(tree=TREES, gap=st.sampled_from(["", " ", "\n\t"]))
def test_strictness_is_as_a_simple_model_has_it(tree: Any, gap: str) -> None:
    data = written(tree, gap).encode()
    try:
        expected = plain(tree)
    except ValueError:
        assert faults(data)
    else:
        assert strict(data, KNOWN) == expected


@given(tree=TREES)
def test_the_quick_reader_reads_the_same_or_nothing(tree: Any) -> None:
    """It leaves numbers beyond 64 bits to the schema, which has no room for them."""
    data = written(tree, "").encode()
    document = quick(data)
    if document is not None:
        try:
            assert strict(data, KNOWN) == document
        except RefusedError as error:
            assert all("out of range (64 bits)" in fault for fault in error.faults)  # noqa: PT017 - one of two outcomes


@given(tree=TREES)
def test_no_fault_holds_a_value_or_an_unknown_key(tree: Any) -> None:
    data = written(["x", ((CANARY, CANARY), (CANARY, [tree, math.nan]))], "").encode()
    said = faults(data)
    assert not [fault for fault in said if CANARY in fault or "\n" in fault]
    assert said[0] == "[1]: 1 key given again"
