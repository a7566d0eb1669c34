"""Reports of any number of sites, compressed as the probe does.

Compressing each site's report would take a processor that the server needs. So the module
compresses a few reports, and each request joins a site's own head to the rest of one of them: the
result is ordinary gzip. Names come from a made-up list as long as the Forge's; otherwise reports
would compress too well.
"""

from __future__ import annotations

import hashlib
import json
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from dropsonde.protocol.vocabulary import Release, Vocabulary
from dropsonde.schema.vocabulary.os_families import OS_FAMILIES

BYTES = 50_000
LISTED = 8_000
_TIMESTAMP = "2026-11-20T12:00:00Z"
_MODULES = 90  # of a site
_RELEASES, _CLASSES = 12, 20  # of a module; the Forge's have about as many
_DIFFERENT = 32
_ROW = 75  # bytes of a row of platforms, about
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_SYLLABLES = ("ap", "cor", "dat", "en", "fire", "gra", "kub", "log", "net", "ser", "sys", "vault")


class Reports:
    """Requests that all differ in their site.

    Args:
        size: of a report before compression, in bytes; approximate.
    """

    def __init__(self, size: int = BYTES) -> None:
        rng = random.Random(size)
        self.slugs = [f"author{number % 700}-{_word(rng)}{number}" for number in range(LISTED)]
        self._rests = [_rest(rng, self.slugs, size) for _ in range(_DIFFERENT)]
        self._packed = [_deflated(rest, zlib.Z_FINISH) for rest in self._rests]

    def vocabulary(self) -> bytes:
        """The vocabulary file of a Forge that published all that these reports name, and more."""
        modules: dict[str, tuple[set[str], set[str]]] = {}
        for slug in self.slugs:
            module = slug.partition("-")[2]
            versions = {f"{number}.0.0" for number in range(20, 20 + _RELEASES)}
            classes = {f"{module}::part{number}" for number in range(_CLASSES)}
            modules[module] = (versions, classes)
        for rest in self._rests:
            columns = json.loads(b"{" + rest)["self-service-analytics"]["snapshots"]
            for row in columns["modules"]["value"]:
                modules[row["name"]][0].add(row["version"])
            for row in columns["classes"]["value"]:
                modules[row["name"].partition("::")[0]][1].add(row["name"])
        releases = [
            Release(slug, _TIMESTAMP, version, None if number else frozenset(classes))
            for slug in self.slugs
            for versions, classes in [modules[slug.partition("-")[2]]]
            for number, version in enumerate(versions)  # one of them was read, as on the Forge
        ]
        return Vocabulary("https://forgeapi.puppet.com", "-", tuple(releases)).to_bytes()

    def plain(self, number: int) -> bytes:
        """A site's report."""
        return _head(number) + self._rests[number % _DIFFERENT]

    def packed(self, number: int) -> bytes:
        """The same in gzip."""
        head, index = _head(number), number % _DIFFERENT
        checksum = zlib.crc32(self._rests[index], zlib.crc32(head))
        size = len(head) + len(self._rests[index])
        body = _deflated(head, zlib.Z_FULL_FLUSH) + self._packed[index]
        return _GZIP_HEAD + body + struct.pack("<II", checksum, size)

    def requests(self, first: int, count: int) -> Iterator[bytes]:
        """Yield whole requests of consecutive sites."""
        for number in range(first, first + count):
            body = self.packed(number)
            head = (
                "POST /v1/reports HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            yield head.encode() + body


def _deflated(data: bytes, end: int) -> bytes:
    packer = zlib.compressobj(6, wbits=-15)
    return packer.compress(data) + packer.flush(end)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=2))


def _head(number: int) -> bytes:
    site = hashlib.sha512(str(number).encode()).hexdigest()
    return f'{{"product":"popularity-module","version":"1.0.0","site_id":"{site}",'.encode()


def _rest(rng: random.Random, slugs: list[str], size: int) -> bytes:
    """Make all but the head, with as many rows of platforms as there is room for."""
    modules = [
        {"name": slug.partition("-")[2], "slug": slug, "version": _version(rng)}
        for slug in rng.sample(slugs, _MODULES)
    ]
    names = [f"{module['name']}::{_word(rng)}" for module in modules for _ in range(4)]
    classes = [{"name": name, "count": rng.randrange(1, 400)} for name in sorted(set(names))]
    columns: dict[str, list[dict[str, Any]]] = {"modules": modules, "classes": classes}
    text, platforms = "", []
    while len(text) < size - _ROW:
        for _ in range(max(0, size - len(text)) // _ROW if text else 0):
            name, platform = rng.choice(names), rng.choice(sorted(OS_FAMILIES))
            platforms.append({"name": name, "platform": platform, "count": rng.randrange(1, 400)})
        snapshots = _snapshots({**columns, "class_platforms": platforms})
        document = {"self-service-analytics": {"snapshots": snapshots}}
        text = json.dumps(document, separators=(",", ":"))[1:] + "\n"
    return text.encode()


def _snapshots(columns: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    found: dict[str, Any] = {"environment_count": {"value": 3, "timestamp": _TIMESTAMP}}
    for name, rows in columns.items():
        ordered = sorted({tuple(row.values()): row for row in rows}.items())
        found[name] = {"value": [row for _, row in ordered], "timestamp": _TIMESTAMP}
    return found


def _version(rng: random.Random) -> str:
    return f"{rng.randrange(14)}.{rng.randrange(9)}.{rng.randrange(5)}"
