"""telemetry.yaml: what is read, what is refused, and that no message quotes it."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import ConfigError
from dropsonde.settings.options import OPTIONS
from dropsonde.settings.telemetry_yaml import MAX_BYTES, read, write

SECRET = "correct-horse"
PLAIN = (
    "not a plain value: write true or false, a whole number, text (in quotes) or a list of names; "
    "tags such as !ruby/object are not read"
)
CHECK = "check the path and its permissions, or run initconfig to make one"
ODD = "check colons, quotes and indentation there; special characters need quotes"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.yaml"


def values(file: Path) -> dict[str, Any]:
    return {name: value for name, (value, _) in read(file).items()}


def said(file: Path) -> str:
    """The error's line, without the file's name."""
    with pytest.raises(ConfigError) as raised:
        read(file)
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    line = str(raised.value)
    assert line.startswith(f"{file}")
    return line[len(str(file)) :]


def test_keys_are_symbols_or_plain(file: Path) -> None:
    file.write_text("---\n:update: false\nttl: 3\n':enable': [modules, ':platforms']\n")
    assert read(file) == {
        "update": (False, " line 2"),
        "ttl": (3, " line 3"),
        "enable": (["modules", ":platforms"], " line 4"),
    }


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_every_option_is_a_key(file: Path, option: Any) -> None:
    file.write_text(f"{option.name}: word\n")
    file.chmod(0o600)
    assert values(file) == {option.name: "word"}


@pytest.mark.parametrize("text", ["", "---\n", "# only a comment\n", "\n\n", "{}", "--- {}\n...\n"])
def test_an_empty_file_says_nothing(file: Path, text: str) -> None:
    file.write_text(text)
    assert values(file) == {}


# As the Ruby program's `initconfig` writes it, which is GLI's, with values that a user has set.
OF_THE_RUBY_PROGRAM = """\
---
:version: false
:verbose:
:update: false
:help: false
:cachepath: "/var/cache/puppet/dropsonde"
:ttl:
:disable:
- puppetfiles
- platforms
:enable:
:seed: 0123
:siteid:
commands:
  :_doc: {}
  :update: {}
  :list: {}
  :preview:
    :format: human
  :submit:
    :endpoint: https://reports.example.com
    :port: 8443
  :dev:
    commands:
      :shell: {}
      :example:
        :size: 100
"""


def test_the_ruby_programs_own_file_is_read(file: Path) -> None:
    file.write_text(OF_THE_RUBY_PROGRAM)
    assert values(file) == {
        "update": False,
        "cachepath": "/var/cache/puppet/dropsonde",
        "disable": ["puppetfiles", "platforms"],
        "seed": "0123",
        "endpoint": "https://reports.example.com",
        "port": 8443,
    }


def test_its_options_of_other_commands_set_nothing(file: Path) -> None:
    file.write_text("commands:\n  :preview:\n    :endpoint: x\n  :submit:\n")
    assert values(file) == {}
    file.write_text("commands:\n")
    assert values(file) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "commands:\n  submit:\n    enpoint: x",
            " line 3: unknown key 'enpoint': did you mean endpoint?",
        ),
        (
            "endpoint: x\ncommands: {submit: {endpoint: y}}",
            " line 2: endpoint stands twice: remove one of them",
        ),
        (f"commands: {{submit: {{port: {{a: {SECRET}}}}}}}", f" line 1: port: {PLAIN}"),
        ("commands: [submit]", " line 1: commands: not a mapping: write one `:key: value` a line"),
        ("[update]", " line 1: not a mapping: write one `:key: value` a line"),
        (f"seed={SECRET}", " line 1: not a mapping: write one `:key: value` a line"),
        ("update: true\n:update: true", " line 2: update stands twice: remove one of them"),
        ("\nupdatte: true", " line 2: unknown key 'updatte': did you mean update?"),
        (
            "zzz: 1",
            " line 1: unknown key 'zzz': known are " + ", ".join(option.name for option in OPTIONS),
        ),
        (
            "? [update]\n: 1",
            " line 1: unknown key '': known are " + ", ".join(option.name for option in OPTIONS),
        ),
        (f"update: false\nseed {SECRET}\n", f" line 3: malformed YAML: {ODD}"),
        (f'seed: "{SECRET}\\q"', f" line 1: malformed YAML: {ODD}"),
        (f"seed: '{SECRET}", f" line 1: malformed YAML: {ODD}"),
        (f"seed: !{SECRET}!x", f" line 1: malformed YAML: {ODD}"),
        (f"seed: @{SECRET}", f" line 1: malformed YAML: {ODD}"),
        (f"seed: {SECRET}: x", f" line 1: malformed YAML: {ODD}"),
        ("\tupdate: true", f" line 1: malformed YAML: {ODD}"),
        (
            f"seed: *{SECRET}",
            " line 1: malformed YAML: a value that begins with * or & is put in quotes",
        ),
        (
            f"--- 1\n--- {SECRET}",
            " line 2: malformed YAML: a value that begins with * or & is put in quotes",
        ),
        (f"update: true\nseed: !{SECRET}", f" line 2: seed: {PLAIN}"),
        (f"seed: !ruby/object:Foo {{a: {SECRET}}}", f" line 1: seed: {PLAIN}"),
        (f"seed: !!python/object/apply:os.system [{SECRET}]", f" line 1: seed: {PLAIN}"),
        (f"seed: !!python/name:{SECRET}", f" line 1: seed: {PLAIN}"),
        (f"seed: !!int {SECRET}", f" line 1: seed: {PLAIN}"),
        (f"seed: !!bool {SECRET}", f" line 1: seed: {PLAIN}"),
        (f"seed: !!timestamp {SECRET}", f" line 1: seed: {PLAIN}"),
        (f"seed: !!str [{SECRET}]", f" line 1: seed: {PLAIN}"),
        ("seed: !!int ''", f" line 1: seed: {PLAIN}"),
        ("seed: 2026-99-99", f" line 1: seed: {PLAIN}"),
        ("seed: 2026-01-01", f" line 1: seed: {PLAIN}"),
        ("seed: 1.5", f" line 1: seed: {PLAIN}"),
        (f"seed: {{a: {SECRET}}}", f" line 1: seed: {PLAIN}"),
        (f"enable: [[{SECRET}]]", f" line 1: enable: {PLAIN}"),
        (f"enable: [!x {SECRET}]", f" line 1: enable: {PLAIN}"),
        ("enable: &a [*a]", f" line 1: enable: {PLAIN}"),
        (
            "<<: {update: true}",
            " line 1: unknown key '<<': known are " + ", ".join(option.name for option in OPTIONS),
        ),
    ],
)
def test_what_is_refused_and_what_is_said(file: Path, text: str, expected: str) -> None:
    file.write_text(text)
    assert said(file) == expected


@pytest.mark.parametrize("data", [b"update: \xff\n", b"seed: caf\xe9\n", b"\x00\x01", b"a: \x07"])
def test_what_is_not_utf_8(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert said(file) == ": malformed YAML: write it in UTF-8, one `:key: value` a line"


@pytest.mark.parametrize(
    "text",
    [
        # A billion laughs: by plain aliases, and by merges, which the library multiplies out.
        "ttl: &a [x, x]\n" + "enable: &b [*a, *a, *a]\n" + "disable: [*b, *b, *b]\n",
        "ttl: &k0 {x: 1}\nseed: "
        + "".join(f"[&k{n} {{<<: [{', '.join([f'*k{n - 1}'] * 9)}]}}, " for n in range(1, 30))
        + "]" * 29,
        "enable: " + "[" * (MAX_BYTES - 9),
        "a: {" * (MAX_BYTES // 4),
    ],
    ids=["lists", "merges", "brackets", "braces"],
)
def test_what_would_fill_the_memory_is_refused(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError):
        read(file)


def test_no_number_is_too_long_to_read(file: Path) -> None:
    """Sixties, as YAML counts them: the library needs quadratic time for it."""
    file.write_text("ttl: 1" + ":1" * 32_000)
    assert values(file)["ttl"] > 60**31_999
    file.write_text(f"ttl: {'9' * 5000}")
    with pytest.raises(ConfigError):
        read(file)


def test_an_alias_of_a_plain_value_is_read(file: Path) -> None:
    file.write_text("forge: &url https://forge.example\npuppetdb: *url\n")
    assert values(file) == {"forge": "https://forge.example", "puppetdb": "https://forge.example"}


def test_a_file_that_is_too_large(file: Path) -> None:
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert said(file) == f": Larger than 65,536 bytes: {CHECK}"
    file.write_bytes(b"#" * MAX_BYTES)
    assert values(file) == {}


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert said(tmp_path) == f": Is a directory: {CHECK}"
    assert said(tmp_path / "fifo") == f": Not a regular file: {CHECK}"
    assert said(tmp_path / "gone") == f": No such file or directory: {CHECK}"


@pytest.mark.parametrize(
    ("mode", "text", "warned"),
    [
        (0o644, f"seed: {SECRET}", True),
        (0o640, f"seed: {SECRET}", False),
        (0o600, f"seed: {SECRET}", False),
        (0o644, "ttl: 3", False),
    ],
)
def test_a_seed_that_all_can_read_is_warned_of(
    file: Path, mode: int, text: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(text)
    file.chmod(mode)
    read(file)
    expected = [f"{file}: everybody on this host can read the seed; chmod o-r it"] if warned else []
    assert [record.getMessage() for record in caplog.records] == expected


plain = st.one_of(
    st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=9), max_size=4)
)


@given(
    written=st.dictionaries(st.sampled_from([option.name for option in OPTIONS]), plain, max_size=5)
)
def test_what_is_written_is_read_again(file: Path, written: dict[str, Any]) -> None:
    write(file, written)
    seed = {"seed": str(written["seed"])} if type(written.get("seed")) is int else {}
    assert values(file) == {**written, **seed}
    assert file.stat().st_mode & 0o777 == (0o600 if "seed" in written else 0o644)


def test_it_is_written_as_the_ruby_program_did(file: Path) -> None:
    write(file, {"update": False, "enable": ["modules"]})
    assert file.read_text() == "---\n:update: false\n:enable:\n- modules\n"
    assert yaml.safe_load(file.read_text()) == {":update": False, ":enable": ["modules"]}


@given(text=st.text(alphabet="seed:ttl-{}[]&*!'\"|>%@`#\t\n 0aé", max_size=30))
def test_any_text_is_read_or_refused_in_one_line(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)
    try:
        read(file)
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017  # most of these texts are refused, not all
