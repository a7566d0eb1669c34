"""Where each setting comes from, and what each one takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dropsonde.common.errors import ConfigError
from dropsonde.settings.options import FLAG, INTEGER, NAMES, OPTIONS, PATH, TEXT, URL, Option
from dropsonde.settings.resolve import Settings, resolve

SITE_ID = "0f" * 64
SECRET = "correct-horse"
# For each kind: how it is written in telemetry.yaml, on the command line, and what becomes of it.
GOOD: dict[str, tuple[str, Any, Any]] = {
    FLAG: ("true", True, True),
    INTEGER: ("3", 3, 3),
    NAMES: ("[one, ':two']", "one, two,", ("one", "two")),
    PATH: ("/a b/ü", "/a b/ü", Path("/a b/ü")),
    TEXT: ("'a text '", "a text", "a text"),
    URL: ("https://forge.example:8080/x/", "https://forge.example:8080/x", None),
}
BAD: dict[str, tuple[Any, ...]] = {
    FLAG: ("yes please", 1, None, []),
    INTEGER: ("7", 7.5, True, [], -1, 10**30),
    NAMES: (7, True, None, ["one", 2], {"one": 1}),
    PATH: (7, "", " ", ["/a"], "/a\0b", "~no-such-user-here/x"),
    TEXT: (7, "", " ", ["a"], False, "\udcff"),
    URL: (
        7,
        "",
        "forge.example",
        "ftp://forge.example",
        "https://",
        "https://:8080",
        "https://forge.example:0",
        "https://forge.example:99999",
        "https://[::1",
        "https://forge.example/a b",
        "https://forge.example\n.acme.example",
        "file:///etc/passwd",
    ),
}
each_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)


def good(option: Option) -> tuple[str, Any, Any]:
    if option.choices:
        return f":{option.choices[-1]}", option.choices[-1], option.choices[-1]
    if option.name == "siteid":
        return f"'{SITE_ID}'", SITE_ID, SITE_ID
    written, given, value = GOOD[option.kind]
    return written, given, given if value is None else value


def said(arguments: dict[str, Any], file: Path | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        resolve(arguments, file, required=False)
    return str(raised.value)


def test_without_file_and_arguments_all_is_default(tmp_path: Path) -> None:
    settings = resolve({}, tmp_path / "none.yaml", required=False)
    for option in OPTIONS:
        assert getattr(settings, option.name) == option.default
        assert settings.sources[option.name] == "default"
    assert resolve({}, None, required=False) == settings


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "none.yaml"
    with pytest.raises(ConfigError, match=r"none\.yaml: No such file"):
        resolve({}, file, required=True)


def test_a_file_that_may_not_be_looked_for_is_not_taken_for_absent(tmp_path: Path) -> None:
    """It may disable a metric. A name that is too long stands for a directory without access."""
    assert said({}, tmp_path / ("x" * 300)).endswith(
        "File name too long: run as a user who can read it"
    )


@each_option
def test_the_command_line_wins_over_the_file(option: Option, tmp_path: Path) -> None:
    written, given, value = good(option)
    file = tmp_path / "telemetry.yaml"
    file.write_text(f"# first line\n:{option.name}: {written}\n")
    file.chmod(0o600)
    by_file = resolve({}, file, required=False)
    assert getattr(by_file, option.name) == value
    assert by_file.sources[option.name] == str(file)
    by_both = resolve({option.name: given}, file, required=False)
    assert getattr(by_both, option.name) == value
    assert by_both.sources[option.name] == "command line"
    others = {name: origin for name, origin in by_both.sources.items() if name != option.name}
    assert set(others.values()) == {"default"}


def test_of_two_different_values_the_command_lines_counts(tmp_path: Path) -> None:
    file = tmp_path / "telemetry.yaml"
    file.write_text("update: true\nttl: 9\nenable: [modules]\n")
    settings = resolve({"update": False, "enable": "platforms"}, file, required=False)
    assert (settings.update, settings.ttl, settings.enable) == (False, 9, ("platforms",))


@each_option
def test_every_kind_of_wrong_value_is_refused(option: Option) -> None:
    beyond = (option.highest + 1,) if option.kind == INTEGER else ()
    for value in (*BAD[option.kind], *beyond):
        if value is None and option.default is None:
            continue
        line = said({option.name: value})
        assert line.startswith(f"--{option.name}: ")
        assert "\n" not in line


@each_option
def test_a_setting_without_a_value_is_not_set(option: Option, tmp_path: Path) -> None:
    file = tmp_path / "telemetry.yaml"
    file.write_text(f"---\n{option.name}:\n")
    settings = resolve({}, file, required=False)
    assert getattr(settings, option.name) == option.default
    assert settings.sources[option.name] == "default"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"update": "no"}, "--update: wrong type: expected true or false"),
        ({"ttl": "7"}, "--ttl: wrong type: expected a whole number"),
        ({"ttl": 3651}, "--ttl: out of range: use 0 to 3650"),
        ({"enable": 7}, "--enable: wrong type: expected a list of names"),
        ({"seed": 7}, "--seed: wrong type: expected text (put it in quotes)"),
        ({"seed": ""}, "--seed: the value is empty: give one or leave the setting out"),
        ({"seed": "\udcff"}, "--seed: not UTF-8: write it in UTF-8"),
        ({"evidence": "any"}, "--evidence: unknown value: use published or installed"),
        (
            {"siteid": "acme"},
            "--siteid: not a site id: it is 128 hexadecimal digits, so that it cannot hold a name",
        ),
        ({"forge": "acme"}, "--forge: not a URL: expected https://host[:port][/path]"),
        (
            {"plugins": "~no-such-user-here"},
            "--plugins: ~ names no home directory: write it in full",
        ),
        ({"plugins": "a\0b"}, "--plugins: not a path: it holds a NUL character"),
    ],
)
def test_what_is_said_of_a_wrong_value(arguments: dict[str, Any], line: str) -> None:
    assert said(arguments) == line


@pytest.mark.parametrize(
    "siteid", ["0" * 127, "0" * 129, "0" * 128 + "\n0", "F" * 128, "g" * 128, "\u0661" * 128]
)
def test_a_site_id_is_128_hexadecimal_digits(siteid: str) -> None:
    assert "not a site id" in said({"siteid": siteid})


def test_the_limits_of_ttl() -> None:
    for days in (0, 3650):
        assert resolve({"ttl": days}, None, required=False).ttl == days


def test_a_home_directory_is_filled_in() -> None:
    assert resolve({"plugins": "~/x"}, None, required=False).plugins == Path.home() / "x"


def test_the_seed_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "telemetry.yaml"
    file.write_text(f"seed: {SECRET}\n")
    file.chmod(0o600)
    settings = resolve({}, file, required=False)
    assert settings.seed == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.public())
    assert settings.public()["seed"] == "(set)"
    assert resolve({}, None, required=False).public()["seed"] is None


def test_every_option_is_a_setting_and_the_reverse() -> None:
    names = [option.name for option in OPTIONS]
    assert [*names, "sources"] == list(Settings._fields)
    assert set(GOOD) == set(BAD) == {option.kind for option in OPTIONS}
