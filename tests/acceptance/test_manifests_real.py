"""Our class names are those of Puppet's own parser, on real, tricky and damaged manifests."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dropsonde.site.puppet.manifests import ManifestError, class_names

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SCRIPT = Path(__file__).with_name("class_names.rb")
TRICKY = Path(__file__).parents[1] / "data" / "manifests"
PACKAGED = Path("/usr/share/puppet/modules.available")

# Puppet refuses these, by faults that class_names says it does not see.
UNSEEN: dict[str, list[str] | None] = {
    "unseen_big_integer.pp": ["unseen"],
    "unseen_heredoc_syntax.pp": ["unseen"],
    "unseen_missing_operand.pp": ["unseen"],
    "unseen_no_effect.pp": ["unseen"],
    "unseen_parameter_twice.pp": ["unseen"],
    "unseen_regular_expression.pp": ["unseen"],
    "unseen_unicode_escape.pp": ["unseen"],
}

REFUSED = ("refused_", "unseen_")  # how the names of such files begin

DAMAGED = 3000
FRAGMENTS = (
    *("'", '"', "''", '""', "\\", "\\\\", "$", "$$", "${", "$x", "{", "}", "(", ")", "[", "]"),
    *("\n", "\r\n", " ", "#", "/*", "*/", "/", "@(X)", '@("X")', '@("X"/)', "\nX\n", "\n| X\n"),
    *(" class ", "class y {", "class { 'x': }", "class z {}\n", "inherits", "if", "in", "undef"),
    *(
        "<|",
        "|>",
        "<<|",
        "|>>",
        "|",
        "->",
        "=>",
        "::",
        ",",
        ";",
        ".",
        "-",
        "1",
        "08",
        "é",
        "\u3000",
    ),
    *("::foo", "Foo", "$x.foo\n", "include foo\n", '"a${b}c"', '"$b"'),
)


@dataclass(frozen=True)
class Comparison:
    """Paths of manifests with the names that each side finds; None: it refuses the manifest."""

    theirs: dict[str, list[str] | None]
    ours: dict[str, list[str] | None]

    def below(self, folder: Path) -> Comparison:
        """The part of one folder."""

        def part(names: dict[str, list[str] | None]) -> dict[str, list[str] | None]:
            return {
                path: found for path, found in names.items() if Path(path).is_relative_to(folder)
            }

        return Comparison(part(self.theirs), part(self.ours))


def our_names(path: str) -> list[str] | None:
    try:
        return sorted(class_names(Path(path).read_bytes()))
    except ManifestError:
        return None


def manifests_below(folder: Path) -> Iterator[str]:
    for directory, _, files in os.walk(folder, followlinks=True):
        for name in files:
            if name.endswith(".pp"):
                yield str(Path(directory, name))


def damaged_manifests(count: int) -> Iterator[str]:
    """Tricky manifests that Puppet takes, two together, with one or two edits; always the same."""
    dice = random.Random(7)
    files = [path for path in sorted(TRICKY.glob("*.pp")) if not path.name.startswith(REFUSED)]
    texts = [path.read_bytes().decode() for path in files]
    lines = [line for text in texts for line in text.splitlines(keepends=True)]
    for _ in range(count):
        text = dice.choice(texts) + dice.choice(texts)
        for _ in range(dice.randint(1, 2)):
            at, length = dice.randrange(len(text) + 1), dice.choice((0, 0, 1, 2, 12))
            new = dice.choice((*FRAGMENTS, dice.choice(lines), ""))
            text = text[:at] + new + text[at + length :]
        yield text


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    for number, text in enumerate(damaged_manifests(DAMAGED)):
        (folder / f"{number}.pp").write_bytes(text.encode())
    return folder


@pytest.fixture(scope="module")
def comparison(damaged: Path) -> Comparison:
    paths = [path for folder in (PACKAGED, TRICKY, damaged) for path in manifests_below(folder)]
    answer = subprocess.run(
        ["ruby", SCRIPT],
        input="\n".join(paths),
        capture_output=True,
        check=True,
        text=True,
        timeout=600,
    )
    return Comparison(json.loads(answer.stdout), {path: our_names(path) for path in paths})


def test_packaged_modules_have_the_same_classes(comparison: Comparison) -> None:
    packaged = comparison.below(PACKAGED)
    assert len(packaged.theirs) > 100
    assert packaged.ours == packaged.theirs


def test_tricky_manifests_have_the_same_classes(comparison: Comparison) -> None:
    tricky = comparison.below(TRICKY)
    theirs = {Path(path).name: names for path, names in tricky.theirs.items()}
    ours = {Path(path).name: names for path, names in tricky.ours.items()}
    refused = {name for name, names in theirs.items() if names is None}
    assert refused == {name for name in theirs if name.startswith(REFUSED)}
    assert ours == theirs | UNSEEN


def test_damaged_manifests_that_puppet_takes_have_the_same_classes(
    comparison: Comparison, damaged: Path
) -> None:
    part = comparison.below(damaged)
    taken = {path: names for path, names in part.theirs.items() if names is not None}
    different = {
        Path(path).read_text(): (names, part.ours[path])
        for path, names in taken.items()
        if part.ours[path] != names
    }
    assert different == {}
    assert DAMAGED / 10 < len(taken) < DAMAGED
