"""Where Puppet lives, as we and Puppet Server read it: the same or a fault, never another."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dropsonde_puppetserver import confd
from dropsonde_puppetserver.directories import NAMES
from tests.real.directory_texts import ENVIRON, PLAIN, plain, section
from tests.real.lightbend import load

pytestmark = pytest.mark.real

GENERATED = 3000


def test_a_directory_is_puppet_servers_or_none(tmp_path: Path) -> None:
    rng = random.Random(23)
    texts = [*map(plain, PLAIN), *(section(rng) for _ in range(GENERATED))]
    directories = [tmp_path / str(number) for number in range(len(texts))]
    for directory, text in zip(directories, texts, strict=True):
        directory.mkdir()
        (directory / "a.conf").write_text(text)
    theirs = load(directories, ENVIRON)
    known = 0
    for directory, text, read in zip(directories, texts, theirs, strict=True):
        ours = confd.read(directory, ENVIRON)
        assert not set(ours.directories) & set(ours.directory_faults)
        if read.tree is None:
            continue
        found = read.tree.get("jruby-puppet")
        found = found if isinstance(found, dict) else {}
        for variable, name in NAMES.items():
            wanted = found.get(f"server-{name}", None)
            wanted = found.get(f"master-{name}") if wanted is None else wanted
            if variable not in ours.directory_faults:
                assert ours.directories.get(variable) == wanted, (text, variable)
                known += variable in ours.directories
    assert known > GENERATED / 5
    for directory, value in zip(directories, PLAIN.values(), strict=False):
        assert confd.read(directory, ENVIRON).directories == {"PUPPET_VARDIR": value}
