"""Bodies that cost a collector as much as possible.

A kind is a unit repeated at one position of a document. The units are values that a reader, schema
or message has to process one by one; different parts of the collector read the positions. Each kind
has a body of one mebibyte and, for each limit that stops this early, one that just passes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from dropsonde.collector.intake import MAX_BYTES
from dropsonde.collector.intake.ruby_probe import MAX_NAMES
from dropsonde.collector.intake.strict_json import MAX_ODD_VALUES, MAX_VALUES

_SITE = "0123456789abcdef" * 8
_MOMENT = "2026-11-20T11:59:59Z"
_DEPTH = 10  # inside the enclosing document, the deepest that is read
_STRIDE, _MANY = 48_271, 999_983  # a prime's multiples modulo another: each number once
_CLOSED = {"[": "]", "{": "}"}
_SOME = 20  # values that a report without rows has, at most

# One value each; {n} counts, so all differ; {r} counts in no order.
_UNITS = {
    "empty lists": "[]",
    "empty objects": "{}",
    "nested lists": "[" * _DEPTH + "]" * _DEPTH,
    "nested objects": '{"a":' * _DEPTH + "1" + "}" * _DEPTH,
    "nested pairs of lists": "[[[[[[],[]],[[],[]]],[[[],[]],[[],[]]]]]]",
    "numbers": "1",
    "negative numbers": "-1",
    "fractions": "0.5",
    "exponents": "1e9",
    "numbers beyond 64 bits": "9" * 20,
    "numbers of 4,000 digits": "9" * 4000,
    "not a number": "NaN",
    "null": "null",
    "empty strings": '""',
    "short strings": '"a"',
    "names of classes": '"ntp::a{r}"',
    "names of modules": '"a{r}"',
    "slugs": '"a-b{r}"',
    "names that are none": '"ntp::{n}!"',
    "strings of 400": '"' + "a" * 400 + '"',
    "strings of commas": '"' + "," * 400 + '"',
    "strings of braces": '"' + "[{" * 200 + '"',
    "strings of 5,000": '"' + "a" * 5000 + '"',
    "escapes": '"\\u0061\\n\\"\\\\"',
    "lone surrogates": '"\\ud800"',
    "text beyond ASCII": '"\N{GRINNING FACE}\xe9"',
    "rows": '{{"name":"ntp::a{r}","count":1}}',
    "rows of another site": '{{"name":"acme::a{n}","count":1}}',
    "rows again and again": '{"name":"ntp","count":1}',
    "rows of platforms": '{{"name":"ntp::a{r}","platform":"Debian","count":1}}',
    "rows of modules": '{{"name":"a{r}","slug":"a-a{r}","version":"1.{n}.0"}}',
    "rows of one module": '{{"name":"ntp","slug":"a-ntp","version":"1.{n}.0"}}',
    "rows of Ruby's": '{{"name":"Ntp::A{r}","count":1}}',
    "rows of Ruby's modules": '{{"name":"a/a{r}","version_requirement":">= 1.{n}.0 < 9.0.0"}}',
    "rows of odd ranges": '{"name":"a/b","version_requirement":"' + ">= 1.0.0 " * 40 + '!"}',
    "rows of odd platforms": '{"name":"ntp","platform":"' + "a" * 300 + '","count":1}',
    "rows of odd versions": '{"name":"ntp","slug":"a-ntp","version":"' + "1." * 190 + '"}',
    "rows without a field": '{"name":"ntp"}',
    "rows with null": '{"name":null,"count":null}',
    "rows with a field more": '{{"name":"ntp","count":1,"a{n}":1}}',
    "rows with a wrong type": '{"name":1,"count":"a"}',
    "rows out of range": '{"name":"ntp","count":-1}',
    "rows with a fraction": '{"name":"ntp","count":1.0}',
    "rows of long words": '{"name":"' + "a" * 5000 + '","count":1}',
    "keys given again": '{"a":1,"a":1}',
    "keys given again in rows": '{"name":"ntp","name":"ntp","count":1}',
    "wide objects": '{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1}',
}
# Members of an object.
_MEMBERS = {
    "one key again": '"a":1',
    "one key again, with a list": '"a":[]',
    "unknown keys": '"k{n}":1',
    "unknown keys of objects": '"k{n}":{{}}',
    "unknown columns": f'"k{{n}}":{{{{"value":[],"timestamp":"{_MOMENT}"}}}}',
    "a known column again": f'"classes":{{"value":[],"timestamp":"{_MOMENT}"}}',
    "long unknown keys": '"' + "k" * 300 + '{n}":1',
    "odd moments": '"k{n}":{{"value":[],"timestamp":"' + "2026-11-20T11:59:59." * 20 + '"}}',
    "keys of lone surrogates": '"\\ud800{n}":1',
}
_COLUMNS = (
    *("classes", "class_platforms", "modules", "unused_modules", "unused_classes"),
    "dependencies",
)


KINDS = (*_UNITS, *_MEMBERS, "texts")


def costly(kinds: Iterable[str] = KINDS) -> Iterator[tuple[str, bytes]]:
    """Yield every body of these kinds, with its description."""
    for kind in kinds:
        if kind == "texts":
            yield "names of Ruby's with modules of one name", _ruby()
            yield from _texts()
        for what, unit, before, after in _places(kind):
            yield from _sizes(what, unit, before, after)


def _sizes(what: str, unit: str, before: str, after: str) -> Iterator[tuple[str, bytes]]:
    """Yield a body that fills the size limit, and one that just passes each other limit."""
    whole = _filled(unit, before, after)
    yield what, whole
    opened = unit.replace("{{", "{").count("{") - ("{n}" in unit) - ("{r}" in unit)
    opened += unit.count("[")
    values = max(unit.count(",") + opened + 1, 2 * opened)
    units = (len(whole) - len(before + after)) * values // (len(unit.encode()) + 1)
    for most in sorted({MAX_VALUES, MAX_ODD_VALUES, MAX_NAMES}):
        if units > most:
            some = (most - _SOME) // values
            yield f"{what}, {some:,} of them", _filled(unit, before, after, most=some)


def _places(kind: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield description, unit, prefix and suffix for each position of the unit."""
    if unit := _UNITS.get(kind):
        yield f"{kind}, a list", unit, "[", "]"
        for column in _COLUMNS:
            yield f"{kind}, as {column}", unit, *_column(column, "[")
    if unit := _MEMBERS.get(kind):
        yield f"{kind}, an object", unit, "{", "}"
        yield f"{kind}, as snapshots", unit, *_snapshots("{")
        yield f"{kind}, in a column", unit, *_column("classes", "{")


def _ruby() -> bytes:
    """Make a body half of modules, which the other half names."""
    rows = ",".join(f'{{"name":"m","slug":"a-m","version":"1.{n}.0"}}' for n in range(10_000))
    before, after = _snapshots("{")
    head = f'{before}"modules":{{"timestamp":"{_MOMENT}","value":[{rows}]}},'
    head += f'"unused_modules":{{"timestamp":"{_MOMENT}","value":["m",'
    return _filled('"m{n}"', head, f"]}}{after}")


def _texts() -> Iterator[tuple[str, bytes]]:
    """Yield long texts in place of a word, and bytes that are no document."""
    for what, piece in {
        "letters": "a",
        "digits": "1",
        "escapes": "\\u00e9",
        "newlines": "\\n",
        "ranges": ">= 1.0.0 ",
        "segments": "a::",
        "words": "a ",
        "times": "2026-11-20T11:59:59.",
    }.items():
        yield f"a long text of {what}", _filled(piece, '"', '"', gap="")
        yield f"{what}, as the site's id", _filled(piece, '{"site_id":"', '"}', gap="")
        for column in ("classes", "dependencies"):
            before, after = _column(column, "[")
            row = f'{before}{{"name":"', f'"}}{after}'
            yield f"{what}, as a name in {column}", _filled(piece, *row, gap="")
        moment = _snapshots('{"classes":{"value":[],"timestamp":"')
        yield f"{what}, as a moment", _filled(piece, moment[0], f'"}}{moment[1]}', gap="")
    for what, piece in {
        "open lists": "[",
        "open objects": '{"a":',
        "quotes": '"',
        "escaped quotes": '\\"',
        "pairs of brackets": "[]",
        "nested pairs of brackets": "[[]]",
        "blanks": " ",
        "digits": "1",
        "bytes that are no text": "\udcff",
        "nulls": "\0",
    }.items():
        yield f"nothing but {what}", _filled(piece, "", "", gap="")
    head = json.dumps(_report({})).encode()
    yield "a report and blanks", head + b" " * (MAX_BYTES - len(head))


def _filled(unit: str, before: str, after: str, gap: str = ",", most: int = MAX_BYTES) -> bytes:
    """Fill a position with as many units as a report has room for."""
    room = MAX_BYTES - len(before.encode()) - len(after.encode())
    counts = "{n}" in unit or "{r}" in unit
    units: list[str] = []
    while len(units) < most:
        number = len(units)
        made = unit.format(n=number, r=number * _STRIDE % _MANY) if counts else unit
        size = len(_written(made + gap))
        room -= size
        if room < 0:
            break
        units.append(made)
        if not counts:  # all alike
            units += [made] * min(room // size, most - 1)
            break
    return _written(f"{before}{gap.join(units)}{after}")


def _written(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _column(name: str, opened: str) -> tuple[str, str]:
    """The prefix and suffix of a column's rows."""
    before, after = _snapshots(f'{{"{name}":{{"timestamp":"{_MOMENT}","value":')
    return before + opened, f"{_CLOSED[opened[-1]]}}}{after}"


def _snapshots(opened: str) -> tuple[str, str]:
    """The prefix and suffix of a report's columns."""
    whole = json.dumps(_report("HERE"), separators=(",", ":"))
    before, _, after = whole.partition('"HERE"')
    return before + opened, f"}}{after}"


def _report(snapshots: object) -> dict[str, object]:
    return {
        "product": "popularity-module",
        "version": "1.0.0",
        "site_id": _SITE,
        "self-service-analytics": {"snapshots": snapshots},
    }
