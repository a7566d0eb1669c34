"""metadata.json as Puppet itself reads it: our reader and Puppet's over made-up documents."""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections import Counter
from typing import Any

import pytest

from dropsonde.site.puppet import ruby_json
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

DOCUMENTS = 6000
HALF = re.compile(rb"\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]")
# Puppet::Module reads the file as UTF-8, and then with this.
PUPPETS = """
require 'puppet'
require 'puppet/util/json'
STDIN.each_line do |line|
  text = [line.chomp].pack('H*').force_encoding('UTF-8')
  begin
    found = Puppet::Util::Json.load(text)
    name = found.is_a?(Hash) ? found['name'] : nil
    puts name.is_a?(String) ? "text #{name.unpack1('H*')}" : 'other'
  rescue Puppet::Util::Json::ParseError
    puts 'refused'
  end
end
"""
WORDS = (
    *(
        "name",
        "author-name",
        "version",
        "1.0.0",
        "a (b)",
        "\u00e9",
        "\U0001f600",
        "",
        "a/b",
        "\\",
        '"',
    ),
    *("/* c */", "// c", "\x7f", "x" * 40),
)
VALUES = (
    *("1", "-0", "01", "1.5", "2.", "1e5", "1E+5", "1e999", "NaN", "Infinity", "-Infinity", "true"),
    *("false", "null", "tru", "12345678901234567890123", '"\\("', '"\\d"', '"\\u0041"', '"\\u12"'),
    *(
        '"\\ud83d\\ude00"',
        '"\\\\u"',
        '"a\\\\"',
        "[]",
        "{}",
        "'a'",
        "a",
        '"a\tb"',
        '"\\/"',
        '"\\\'"',
    ),
)
BETWEEN = ("", "", "", " ", "\n", "/* c */", "// c\n", "/**/", "\t", "/*", "//", "\x0c", "/ / ")
ACCIDENTS = (
    '"',
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "/",
    "*",
    "\n",
    "\0",
    "\ufeff",
    "u",
    "\\u",
    "1",
)


def made(rng: random.Random, depth: int = 3) -> str:
    """A value, with white space and comments of all kinds."""

    def between() -> str:
        return rng.choice(BETWEEN) if rng.random() < 0.2 else ""

    kind = rng.random()
    if depth and kind < 0.4:
        pairs = (
            f"{between()}{text(rng)}{between()}:{between()}{made(rng, depth - 1)}{between()}"
            for _ in range(rng.randint(0, 4))
        )
        return "{" + between() + ",".join(pairs) + "}"
    if depth and kind < 0.5:
        items = (f"{between()}{made(rng, depth - 1)}" for _ in range(rng.randint(0, 3)))
        return "[" + ",".join(items) + between() + "]"
    return rng.choice(VALUES) if kind < 0.75 else text(rng)


def text(rng: random.Random) -> str:
    word = rng.choice(WORDS)
    return json.dumps(word, ensure_ascii=rng.random() < 0.5)


def document(rng: random.Random) -> bytes:
    """One with a name, mostly good, and with some accidents."""
    name = rng.choice(
        ('"author-name"', '"author\\-name"', '"author\\/name"', '"\xe9"', "1", "null")
    )
    fields = [f'"name": {name}', f'"summary": {made(rng, 2)}', f'"dependencies": {made(rng)}']
    rng.shuffle(fields)
    whole = "{" + ",".join(fields) + "}"
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        at = rng.randrange(len(whole) + 1)
        whole = whole[:at] + rng.choice(ACCIDENTS) + whole[at + rng.randint(0, 1) :]
    return whole.encode(
        rng.choice(("utf-8", "utf-8", "utf-16-le" if rng.random() < 0.02 else "utf-8"))
    )


def ours(data: bytes) -> str:
    try:
        found = ruby_json.loads(data)
    except ValueError:
        return "refused"
    name: Any = found.get("name") if isinstance(found, dict) else None
    return f"text {name.encode().hex()}" if isinstance(name, str) else "other"


def test_our_reader_and_puppets_agree() -> None:
    rng = random.Random(5)
    documents = [document(rng) for _ in range(DOCUMENTS)]
    done = subprocess.run(
        ["ruby", "-e", PUPPETS],
        input="".join(f"{data.hex()}\n" for data in documents),
        capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    counted: Counter[str] = Counter()
    for data, theirs in zip(documents, done.stdout.splitlines(), strict=True):
        if HALF.search(data):  # versions of Ruby differ
            continue
        counted[theirs.partition(" ")[0]] += 1
        assert ours(data) == theirs, data
    assert min(counted["text"], counted["refused"], counted["other"]) > DOCUMENTS // 20
