"""Strict JSON parsing: data that two parsers could understand differently is refused.

UTF-8 without byte order mark; no duplicate key in an object; no NaN or Infinity; no lone
surrogate; no integer beyond 64 bits; at most 16 levels, counted before any recursive parser reads
the data.

A body may not cost more than others of its size, so values are also counted before parsing, by
commas and opening brackets. Real reports have a value every 14 bytes or more. The compiled parser
is fast; the strict parser is slow and accepts fewer values.

Fractions: no column holds any, but JSON Schema accepts 1.0 as an integer and BigQuery does not. So
every number with a fraction or an exponent is read as :data:`FRACTION`, which no schema accepts,
and its fault names its path.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from dropsonde.collector.intake.faults import Faults, RefusedError

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
MAX_VALUES = 65_000
MAX_ODD_VALUES = 25_000  # of a document that is not compact
FRACTION = 0.5

_MAX_INT64 = 2**63 - 1
_INT64_LENGTH = 20  # characters, with the sign
_NOT_MARKS = bytes(set(range(256)) - set(b"[{,"))
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_BEGINS_COMPACT = re.compile(rb'\{"[^"]*":\S')  # other data goes to the slow, strict parser only
_LONG_NUMBER = b"0" * 100
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = msgspec.json.Decoder(float_hook=lambda _: FRACTION)
_HIDDEN = "*"  # replaces an unknown key in a path: it may be a private name


def quick(data: bytes) -> Any:
    """Parse compact JSON for a caller that validates it with a schema; None for other data.

    No schema accepts what this does not refuse (deep nesting, huge numbers).
    """
    if _LONG_NUMBER in data.translate(_AS_ZEROS):  # it takes quadratic time
        return None
    document = decoded(data, _DECODER)
    return document if is_compact(data, document) else None


def decoded(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Parse JSON for a caller that then asks :func:`is_compact`; None for other data.

    Args:
        data: as received, decompressed.
        decoder: may refuse other types, and another order.
    """
    if not _BEGINS_COMPACT.match(data) or len(data) > MAX_BYTES:
        return None
    # With what separates it, a value has two bytes, and a list or object three: few fit into less.
    if len(data) > MAX_VALUES and _values(data) > MAX_VALUES:
        return None
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def is_compact(data: bytes, document: Any) -> bool:
    """Whether the encoded document equals the data.

    If so, no key was duplicated: decoding would have dropped it.
    """
    try:
        return bool(msgspec.json.encode(document) == data.rstrip(b"\n"))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError):
        return False


def strict(data: bytes, known: Container[str]) -> Any:
    """Parse strict JSON.

    Args:
        data: as received, decompressed.
        known: the keys that a fault may name.

    Raises:
        RefusedError: the data is not strict JSON; lists the faults with their paths.
    """
    if len(data) > MAX_BYTES:
        raise RefusedError(("the data: longer than 1 MiB",))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError((f"the data: not UTF-8 (byte {error.start})",)) from error
    check_depth(data)
    if _values(data) > MAX_ODD_VALUES:
        most = f"{MAX_VALUES:,}, and {MAX_ODD_VALUES:,} when it is not written compactly"
        raise RefusedError((f"the data: more values than a report may have ({most})",))
    reader = _Reader()
    try:
        document = reader.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError((f"the data: not JSON ({place})",)) from error
    if reader.saw_odd or _MAYBE_SURROGATE.search(text):
        faults = Faults()
        faults.add(_faults(document, [], known))
        if faults:
            raise RefusedError(faults.lines())
    return document


def _values(data: bytes) -> int:
    """An upper bound of the values in the data: each follows an opening bracket or a comma.

    If half of them or more are lists and objects, which take longer, those count twice.
    """
    marks = data.translate(None, delete=_NOT_MARKS)  # in half the time of counting in the data
    return max(len(marks) + 1, 2 * (len(marks) - marks.count(b",")))


def check_depth(data: bytes) -> None:
    """Check the nesting: remove the innermost pairs of brackets up to MAX_DEPTH times.

    Raises:
        RefusedError: brackets remain, as nesting exceeds MAX_DEPTH or one is not closed.
    """
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"").replace(b'""', b"")
    outside = b"".join(plain.split(b'"')[::2])  # of strings, also of an unterminated one
    brackets = outside.translate(_AS_SQUARE, delete=_NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        before, brackets = brackets, brackets.replace(b"[]", b"")
        if len(brackets) == len(before):  # no pair is left
            break
    if brackets:
        raise RefusedError((f"the data: not closed, or deeper than {MAX_DEPTH} levels",))


class _Odd(NamedTuple):
    """Replaces a value in a document that strict JSON does not allow.

    Attributes:
        said: the fault.
        pairs: of an object, every key and value.
    """

    said: str
    pairs: Sequence[tuple[str, Any]] = ()


_NO_NUMBER = _Odd("not a number of JSON")
_HUGE = _Odd("out of range (64 bits)")


class _Reader:
    """The standard library's parser; it replaces each faulty value by an :class:`_Odd`."""

    def __init__(self) -> None:
        self.saw_odd = False
        self.decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._whole_number,
            parse_float=lambda _: FRACTION,
            parse_constant=lambda _: self._odd(_NO_NUMBER),
        ).decode

    def _odd(self, odd: _Odd) -> _Odd:
        self.saw_odd = True
        return odd

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        again = len(pairs) - len(found)
        if not again:
            return found
        return self._odd(_Odd(f"{again} key{'s' * (again > 1)} given again", pairs))

    def _whole_number(self, text: str) -> Any:
        if len(text) <= _INT64_LENGTH and -_MAX_INT64 - 1 <= (number := int(text)) <= _MAX_INT64:
            return number
        return self._odd(_HUGE)


def _faults(value: Any, keys: list[Any], known: Container[str]) -> Iterator[str]:
    """Every faulty value at and below ``keys``; a path is built only for those.

    It recurses no deeper than :data:`MAX_DEPTH`.
    """
    below: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, _Odd):
        yield _said(keys, known, value.said)
        below = value.pairs
    elif isinstance(value, dict):
        below = value.items()
    elif isinstance(value, list):
        below = enumerate(value)
    elif _lone(value):
        yield _said(keys, known, "a lone surrogate")
    for key, item in below:
        if _lone(key):
            yield _said(keys, known, "a lone surrogate in a key")
        if isinstance(item, (str, list, dict, _Odd)):
            keys.append(key)
            yield from _faults(item, keys, known)
            keys.pop()


def _said(keys: Iterable[Any], known: Container[str], fault: str) -> str:
    path = "".join(
        f"[{key}]" if isinstance(key, int) else f".{key if key in known else _HIDDEN}"
        for key in keys
    )
    return f"{path.lstrip('.') or 'the data'}: {fault}"


def _lone(value: Any) -> bool:
    """Whether a text holds a lone surrogate, which UTF-8 cannot encode."""
    return isinstance(value, str) and not value.isascii() and bool(_SURROGATE.search(value))
