"""Bodies: bytes, real reports with changed bytes or values, gzip whole and damaged."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from ext.benchmark.collector.reports import Reports
from tests.unit.collector.intake.reports import COLUMNS, VERSIONS, report, reports, to_bytes
from tests.unit.collector.intake.test_ruby_probe import RUBY

CANARY = "acme_canary_8f2"
_DEEP = 40
_MEGABYTE = 1 << 20
# These have broken readers of JSON before.
_TOKENS = (
    *(b"NaN", b"-Infinity", b"1e999", b"1.0", b"-1", b"-0", b"9223372036854775808", b"1" * 400),
    *(b'"\\ud800"', b'"\\u0000"', b"\xef\xbb\xbf", b"\xff", b"\xed\xa0\x80", b"\0", b"\x1f", b"'"),
    *(b"null", b"true", b"{}", b"[]", b'""', b"[" * _DEEP, b'{"a":' * _DEEP, b"]" * _DEEP),
    *(b",", b":", b'"', b"\\", b"\\u12", b"//", b'"value":1,', b'"name":"x","name":"y",'),
    *(b"\n", b" " * 100, f'"{CANARY}":"{CANARY}",'.encode(), b"__class__", b"$ref"),
)
_ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([CANARY, "", "\0", "\ud800", "a" * 401, f"{CANARY}::x", f"x-{CANARY}", "1.0"])
    | st.sampled_from([10_000_001, -1, 2**63, 2**64, 10**400, 0.5, 1e308]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([CANARY, "name", "value", "count", ""]), inner, max_size=3
        )
    ),
    max_leaves=5,
)


def real_reports() -> tuple[bytes, ...]:
    """Make real reports: of the demo, of all columns, of the Ruby program, and a large one."""
    demo = (sys.executable, "-m", "dropsonde", "preview", "--demo", "--format", "json")
    made = subprocess.run(demo, check=True, capture_output=True).stdout
    return (made, to_bytes(report(COLUMNS)), to_bytes(RUBY), Reports().plain(1))


def bodies(real: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Bodies before compression."""
    drawn = st.one_of([reports(columns) for columns in VERSIONS])
    documents = st.sampled_from([json.loads(each) for each in real[:3]]) | drawn
    whole = st.sampled_from(real) | drawn.map(to_bytes)
    changed = _changed(documents).map(_written)
    return st.one_of(
        st.binary(max_size=200),
        _ODD.map(_written),
        whole,
        changed,
        _damaged(whole),
        _damaged(changed),
    )


def packed(body: bytes) -> st.SearchStrategy[bytes]:
    """The same in gzip, or in nearly valid gzip."""
    good = gzip.compress(body, mtime=0)
    odd = [
        good,
        gzip.compress(body, 0, mtime=0),
        good + good,
        good + b"\0" * 9,
        good[:-8] + b"\0" * 8,
        good[:3] + b"\x1f" + good[4:],  # as if names, comments and checksums followed
        zlib.compress(body),
        gzip.compress(good, mtime=0),
        gzip.compress(bytes(4 * _MEGABYTE), mtime=0),
        gzip.compress(body + b" " * _MEGABYTE, mtime=0),
        b"",
    ]
    return st.sampled_from(odd) | _damaged(st.just(good))


@st.composite
def _changed(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """Draw a report with some of its values changed."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(document))
        if places:
            holder, key = draw(st.sampled_from(places))
            draw(st.sampled_from(_CHANGES))(holder, key, draw(_ODD))
    return document


def _places(value: Any) -> Any:
    """Yield every position in a document: its container, and its key."""
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


def _set(holder: Any, key: Any, odd: Any) -> None:
    holder[key] = odd


def _remove(holder: Any, key: Any, _: Any) -> None:
    del holder[key]


def _wrap(holder: Any, key: Any, _: Any) -> None:
    holder[key] = [holder[key]]


def _add(holder: Any, key: Any, odd: Any) -> None:
    if isinstance(holder, dict):
        holder[CANARY] = odd
    else:
        holder.insert(key, odd)


def _repeat(holder: Any, key: Any, _: Any) -> None:
    if isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    else:
        holder[f"{key}{key}"] = copy.deepcopy(holder[key])


_CHANGES: tuple[Callable[[Any, Any, Any], None], ...] = (_set, _remove, _wrap, _add, _repeat)


def _written(document: Any) -> bytes:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


@st.composite
def _damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Draw bytes with some of them changed."""
    data = draw(whole)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 30)))
        new = draw(st.sampled_from(_TOKENS) | st.binary(max_size=4) | st.just(data[start:end] * 2))
        data = data[:start] + new + data[end:]
    return data
