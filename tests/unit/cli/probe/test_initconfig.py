"""``initconfig``: writes what was given, where nothing was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.settings.options import OPTIONS
from dropsonde.settings.resolve import resolve

if TYPE_CHECKING:
    from tests.support.program import Program

GIVEN: dict[str, object] = {
    "verbose": True,
    "update": False,
    "cachepath": "/var/tmp/a cache/é",  # noqa: S108  # only a name
    "ttl": 3,
    "enable": "modules,platforms",
    "disable": "platforms",
    "seed": "no: secret #1",
    "seed_file": "/etc/puppet/dropsonde seed",
    "siteid": "0123456789abcdef" * 8,
    "forge": "https://forge.example/v3",
    "forge_token_file": "/etc/dropsonde token",
    "puppetdb": "http://127.0.0.1:8080",
    "plugins": "/etc/dropsonde.d",
    "evidence": "installed",
    "vocabulary": "/var/tmp/vocabulary.txt",  # noqa: S108  # only a name
    "releases": "never",
    "endpoint": "https://endpoint.example",
    "port": 8443,
    "cacert": "/etc/ssl/our authorities.pem",
    "max_wait": 5,
    "interval": 86_400,
    "splay": 60,
    "accept": "all",
}


def words() -> list[str]:
    """The options as they stand on the command line."""
    valued = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in GIVEN.items()
        if type(value) is not bool
    ]
    return ["--verbose", "--no-update", *valued]


def test_every_option_is_read_back_as_it_was_given(program: Program) -> None:
    assert set(GIVEN) == {option.name for option in OPTIONS}
    file = program.home / "telemetry.yaml"
    result = program.run("initconfig", *words())
    assert (result.code, result.out) == (0, f"wrote {file}\n")
    assert str(GIVEN["seed"]) not in result.err
    read = resolve({}, file, required=True)
    assert read.public() == resolve(GIVEN, None, required=False).public()
    assert read.seed == GIVEN["seed"]
    assert read.plugins == Path("/etc/dropsonde.d")
    assert set(read.sources.values()) == {str(file)}


def test_nothing_given_is_a_file_that_says_nothing(program: Program) -> None:
    assert program.run("initconfig").code == 0
    assert program.run("list").code == 0
    read = resolve({}, program.home / "telemetry.yaml", required=True)
    assert set(read.sources.values()) == {"default"}


def test_a_seed_makes_it_private(program: Program) -> None:
    program.run("initconfig", "--config", "open.yaml")
    program.run("initconfig", "--config", "secret.yaml", "--seed", "x")
    assert (program.home / "open.yaml").stat().st_mode & 0o777 == 0o644
    assert (program.home / "secret.yaml").stat().st_mode & 0o777 == 0o600


def test_an_existing_file_stays_unless_forced(program: Program) -> None:
    file = program.home / "telemetry.yaml"
    file.write_text(":ttl: 5\n")
    refused = program.run("initconfig", "--ttl", "6")
    assert refused.code == 3
    assert "--force" in refused.complaint
    assert file.read_text() == ":ttl: 5\n"
    assert program.run("initconfig", "--ttl", "6", "--force").code == 0
    assert resolve({}, file, required=True).ttl == 6


def test_a_wrong_value_is_not_written(program: Program) -> None:
    assert program.run("initconfig", "--siteid", "acme").code == 3
    assert not (program.home / "telemetry.yaml").exists()


def test_a_missing_directory_is_one_line(program: Program) -> None:
    for place in ("nowhere/telemetry.yaml", "f" * 300):
        result = program.run("initconfig", "--config", place)
        assert (result.code, result.out) == (8, "")
        assert place in result.complaint
