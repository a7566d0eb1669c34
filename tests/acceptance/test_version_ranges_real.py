"""Ranges of versions as Puppet itself reads them: our majors and its own over made-up ranges."""

from __future__ import annotations

import json
import random
import subprocess

import pytest

from dropsonde.schema.model import Domain
from dropsonde.schema.vocabulary.version_ranges import majors

pytestmark = pytest.mark.real

RANGES = 6000
MAJORS, OTHERS = 12, (0, 1, 2, 3, 4, 5, 10, 11)
# Puppet fails with errors of several kinds where it cannot read a range.
PUPPETS = f"""
require 'json'
require 'puppet'
require 'semantic_puppet'
others = {list(OTHERS)}
versions = (0..{MAJORS}).flat_map do |major|
  others.product(others).map {{ |rest| SemanticPuppet::Version.new(major, *rest) }}
end
STDIN.each_line do |line|
  begin
    range = SemanticPuppet::VersionRange.parse(line.chomp)
    puts versions.select {{ |version| range.include?(version) }}.map(&:major).uniq.to_json
  rescue StandardError
    puts 'null'
  end
end
"""


def version(rng: random.Random) -> str:
    numbers = ".".join(
        rng.choice(("0", "1", "2", "3", "4", "10")) for _ in range(rng.choice((1, 2, 3, 3, 3)))
    )
    if numbers.count(".") < 2 and rng.random() < 0.3:
        return f"{numbers}{rng.choice(('.x', '.X', '.*'))}"
    tail = rng.choice(("-rc1", "-alpha.1", "-beta2")) if rng.random() < 0.15 else ""
    return f"{numbers}{tail}" if numbers.count(".") == 2 else numbers


def part(rng: random.Random) -> str:
    if rng.random() < 0.15:
        return f"{version(rng)} - {version(rng)}"
    operators = ("<", ">", "<=", ">=", "=", "~", "~>", "^", "")
    return " ".join(
        f"{rng.choice(operators)}{rng.choice(('', ' '))}{version(rng)}".strip()
        for _ in range(rng.choice((1, 2, 2, 3)))
    )


def ranges() -> list[str]:
    rng = random.Random(5)
    made = (
        " || ".join(part(rng) for _ in range(rng.choice((1, 1, 1, 2)))) for _ in range(2 * RANGES)
    )
    return [each for each in made if Domain.VERSION_REQUIREMENT.admits(each)][:RANGES]


def test_majors_are_those_of_puppets_own_code() -> None:
    made = ranges()
    text = "".join(f"{each}\n" for each in made)
    ruby = subprocess.run(
        ["ruby", "-e", PUPPETS], input=text, check=True, capture_output=True, text=True
    )
    told = [json.loads(line) for line in ruby.stdout.splitlines()]
    assert len(told) == RANGES
    readable = [(each, found) for each, found in zip(made, told, strict=True) if found is not None]
    assert len(readable) > RANGES * 0.8
    assert sum(bool(found) for _, found in readable) > RANGES * 0.3
    for each, found in readable:
        assert [major for major in majors(each) if major <= MAJORS] == found, each
