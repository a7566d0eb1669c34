"""Bytes to a JSON document, strictly: what two readers could understand in two ways is refused.

UTF-8 without byte order mark; no key twice in an object; no NaN or Infinity; no lone surrogate; no
whole number beyond 64 bits; at most 16 levels, counted before anything that recurses sees the data.

Fractions: no column holds any, but JSON Schema takes 1.0 for a whole number, which BigQuery does
not. So every number with a fraction or an exponent is read as :data:`FRACTION`, which no schema
takes, and is refused in its place.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dropsonde.collector.intake.faults import RefusedError, cut

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

MAX_BYTES = 1 << 20
MAX_DEPTH = 16
FRACTION = 0.5

_MAX_INT64 = 2**63 - 1
_INT64_LENGTH = 20  # characters, with the sign
# A string, also one that never ends: it must match at every quote, or many would cost their square.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_DECODER = msgspec.json.Decoder(float_hook=lambda _: FRACTION)
_HIDDEN = "*"  # stands in a path for a key that no schema knows: it may be a private name


def quick(data: bytes) -> Any:
    """The document of compact JSON, for a caller that checks it against a schema; else None.

    A document that is written again and gives the same bytes had no key twice: that would be gone.
    What is odd otherwise (deep, huge numbers) no schema takes, and :func:`strict` has to say why.
    """
    if len(data) > MAX_BYTES:
        return None
    try:
        document = _DECODER.decode(data)
        same = bool(msgspec.json.encode(document) == data.rstrip(b"\n"))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError):
        return None
    return document if same else None


def strict(data: bytes, known: Container[str]) -> Any:
    """The document.

    Args:
        data: as received, unpacked.
        known: the keys that may be named in a fault.

    Raises:
        RefusedError: the data is not strict JSON; every fault with its path.
    """
    if len(data) > MAX_BYTES:
        raise RefusedError(("the data: longer than 1 MiB",))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError((f"the data: not UTF-8 (byte {error.start})",)) from error
    if _too_deep(data):
        raise RefusedError((f"the data: not closed, or deeper than {MAX_DEPTH} levels",))
    reader = _Reader()
    try:
        document = reader.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RefusedError((f"the data: not JSON ({place})",)) from error
    if reader.saw_odd or _MAYBE_SURROGATE.search(text):
        faults = cut(_faults(document, "", known))
        if faults:
            raise RefusedError(faults)
    return document


def _too_deep(data: bytes) -> bool:
    """Whether brackets are left once the innermost pairs are taken out so many times."""
    brackets = _STRING.sub(b"", data).translate(_AS_SQUARE, delete=_NOT_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


class _Odd(NamedTuple):
    """Stands in a document for a value that strict JSON has not.

    Attributes:
        said: what is odd.
        pairs: of an object, every key and value.
    """

    said: str
    pairs: Sequence[tuple[str, Any]] = ()


class _Reader:
    """The standard library's reader, which leaves an :class:`_Odd` where it meets a fault."""

    def __init__(self) -> None:
        self.saw_odd = False
        self.decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._whole_number,
            parse_float=lambda _: FRACTION,
            parse_constant=lambda _: self._odd("not a number of JSON"),
        ).decode

    def _odd(self, said: str, pairs: Sequence[tuple[str, Any]] = ()) -> _Odd:
        self.saw_odd = True
        return _Odd(said, pairs)

    def _object(self, pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        again = len(pairs) - len(found)
        if not again:
            return found
        return self._odd(f"{again} key{'s' * (again > 1)} given again", pairs)

    def _whole_number(self, text: str) -> Any:
        if len(text) <= _INT64_LENGTH and -_MAX_INT64 - 1 <= (number := int(text)) <= _MAX_INT64:
            return number
        return self._odd("out of range (64 bits)")


def _faults(value: Any, path: str, known: Container[str]) -> Iterator[str]:
    """Every odd value at and below a path; it recurses no deeper than :data:`MAX_DEPTH`."""
    here = path or "the data"
    if isinstance(value, _Odd):
        yield f"{here}: {value.said}"
        yield from _faults_below(value.pairs, path, known)
    elif isinstance(value, dict):
        yield from _faults_below(value.items(), path, known)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _faults(item, f"{path}[{place}]", known)
    elif isinstance(value, str) and _lone(value):
        yield f"{here}: a lone surrogate"


def _faults_below(
    pairs: Iterable[tuple[str, Any]], path: str, known: Container[str]
) -> Iterator[str]:
    for key, item in pairs:
        if _lone(key):
            yield f"{path or 'the data'}: a lone surrogate in a key"
        yield from _faults(item, f"{path}.{key if key in known else _HIDDEN}".lstrip("."), known)


def _lone(text: str) -> bool:
    """Whether a text holds half a surrogate pair, which no UTF-8 can say."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
