from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde_puppetserver.confd import LONGEST, ServerConf, read

STANZA = "dropsonde: { enabled: true }"
SHIPPED = "# module metrics via Dropsonde\ndropsonde: {\n    # enabled: true\n}\n"
PUPPETSERVER = """\
# configuration for the JRuby interpreters
jruby-puppet: {
    ruby-load-path: [/opt/puppetlabs/puppet/lib/ruby/vendor_ruby]
    gem-home: /opt/puppetlabs/server/data/puppetserver/jruby-gems
    gem-path: [${jruby-puppet.gem-home}, "/opt/puppetlabs/server/data/puppetserver/vendored"]
    server-conf-dir: /etc/puppetlabs/puppet
    server-code-dir: /etc/puppetlabs/code
    server-var-dir: /opt/puppetlabs/server/data/puppetserver
    server-log-dir: /var/log/puppetlabs/puppetserver
    #max-active-instances: 1
}
"""


def confd(tmp_path: Path, files: dict[str, str]) -> Path:
    directory = tmp_path / "conf.d"
    directory.mkdir()
    for name, text in files.items():
        (directory / name).write_bytes(text.encode())
    return directory


def of(tmp_path: Path, files: dict[str, str], environ: dict[str, str] | None = None) -> ServerConf:
    return read(confd(tmp_path, files), environ or {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.conf", STANZA),
        ("a.conf", "dropsonde.enabled = true"),
        ("a.conf", 'dropsonde { enabled = "true" }'),
        ("a.conf", '\ufeff{ "dropsonde": { "enabled": true } }\r\n'),
        ("a.conf", "# c\ndropsonde {\n  // c\n  enabled = true # c\n  interval = 600\n}\n"),
        ("a.conf", f'profiler: {{ enabled: false }}\nname = "\\u00e4"\n{STANZA}'),
        ("a.json", '{"dropsonde": {"enabled": true}}'),
    ],
)
def test_an_opt_in(tmp_path: Path, name: str, text: str) -> None:
    """Whatever substitutions, includes and the like other files hold."""
    other = f'{PUPPETSERVER}x += 1\ninclude "none"\ny = """z"""\n{SHIPPED}'
    found = of(tmp_path, {name: text, "z.conf": other, "z.ini": "; dropsonde\n"})
    assert found.opt_in.enabled
    assert not found.opt_in.problem
    assert found.opt_in.where == str(tmp_path / "conf.d" / name)
    assert found.opt_in.why.endswith("dropsonde.enabled is true")


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({}, ""),
        ({"a.conf": "profiler: { enabled: true }"}, ""),
        ({"a.conf": "dropsonde: { interval: 600 }"}, ""),
        ({"a.conf": "# dropsonde: { enabled: true }"}, ""),
        ({"a.conf": SHIPPED}, ""),
        ({"a.conf": f'include "b"\nx = ${{?y}}\n{PUPPETSERVER}'}, ""),
        ({"a.conf.rpmsave": STANZA, ".a.conf": STANZA, "a.CONF": STANZA, "conf": STANZA}, ""),
        ({"a.conf": "Dropsonde: { enabled: true }"}, ""),
        ({"a.conf": '"dropsonde.enabled" = true'}, ""),
        ({"a.conf": "dropsonde: { enabled: false }"}, "a.conf"),
        ({"a.json": '{"dropsonde": {"enabled": false}}'}, "a.json"),
        ({"a.conf": f"{PUPPETSERVER}dropsonde {{ enabled: false }}"}, "a.conf"),
        ({"a.conf": "dropsonde.enabled = false\ndropsonde.enabled = false"}, "a.conf"),
    ],
)
def test_plainly_no_opt_in(tmp_path: Path, files: dict[str, str], where: str) -> None:
    found = of(tmp_path, files, {"ON": "true"}).opt_in
    assert not found.enabled
    assert not found.problem
    assert found.where == str(tmp_path / "conf.d" / where)
    assert "to take part" in found.why


@pytest.mark.parametrize(
    ("files", "where", "why"),
    [
        ({"a.conf": "\ndropsonde.enabled = yes"}, "a.conf", "line 2: dropsonde.enabled is neither"),
        ({"a.conf": "dropsonde.enabled = on"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = True"}, "a.conf", "neither true nor false"),
        ({"a.conf": 'dropsonde.enabled = "false"'}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = 1"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = null"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = ${WORD}"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = ${?OFF}"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = [true]"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde = true"}, "a.conf", "neither true nor false"),
        ({"a.conf": "a { enabled: true }\ndropsonde = ${a}"}, "a.conf", "neither true nor"),
        ({"a.conf": f"dropsonde.enabled = false\n{STANZA}"}, "a.conf", "a.conf, line 2: "),
        ({"a.conf": f"dropsonde.x = 1\n{STANZA}"}, "a.conf", "dropsonde is also in line 2"),
        ({"a.conf": f"y = ${{WORD}}\n{STANZA}"}, "a.conf", "a substitution in line 1"),
        ({"a.conf": f"x = 1\ny = {{}} ${{x}}\n{STANZA}"}, "a.conf", "a substitution in line 2"),
        ({"a.conf": f'{STANZA}\ninclude "x"'}, "a.conf", "an include in line 2"),
        ({"a.conf": f"{STANZA}\nx += 1"}, "a.conf", "a += in line 2"),
        ({"a.conf": f'x = """y"""\n{STANZA}'}, "a.conf", "triple quotes in line 1"),
        ({"a.conf": '"dropsonde"."enabled" = true'}, "a.conf", "unusual way"),
        ({"a.conf": f"{STANZA}\nx {{"}, "a.conf", "line 2: the end of the file"),
        ({"a.conf": STANZA, "b.conf": "x = }"}, "b.conf", "line 1: "),
        ({"a.conf": STANZA, "b.conf": STANZA}, "a.conf", "b.conf, line 1: "),
        ({"a.conf": STANZA, "b.conf": "dropsonde.enabled = false"}, "a.conf", "b.conf, line 1"),
        ({"a.conf": STANZA, "b.json": '{"\\u0064ropsonde": {"enabled": 1}}'}, "a.conf", "b.json"),
        ({"a.conf": STANZA, "b.conf": 'x = "Dropsonde"'}, "a.conf", "also mentions dropsonde"),
        ({"a.conf": STANZA, "b.conf": "x = ${?dropsonde.enabled}"}, "a.conf", "also mentions"),
        ({"a.conf": STANZA, "b.conf": 'include "dropsonde"'}, "a.conf", "mentions dropsonde"),
        ({"a.conf": STANZA, "b.conf": 'dropsonde { include "x" }'}, "a.conf", "also mentions"),
        ({"a.conf": STANZA, "b.conf": "dropsonde.interval = ${?X}"}, "a.conf", "also mentions"),
        (
            {"a.conf": f"{STANZA}, x.y = 1", "b.conf": "x.y.z = 1"},
            "b.conf",
            "line 1: this is also set in another file",
        ),
        ({"a.ini": "[dropsonde]\nenabled = true"}, "a.ini", "to a .conf file"),
        ({"a.conf": STANZA, "b.ini": "[x]\ny = 1"}, "b.ini", "to a .conf file"),
        ({"a.conf": STANZA, "b.ini": "# x\\\n"}, "b.ini", "to a .conf file"),
        ({"a.conf": STANZA, "b.yaml": "x: 1"}, "b.yaml", "to a .conf file"),
        ({"a.conf": STANZA, "b.yml": ""}, "b.yml", "to a .conf file"),
        ({"a.conf": STANZA, "b.edn": "{}"}, "b.edn", "to a .conf file"),
        ({"a.conf": STANZA, "b.properties": ""}, "b.properties", "to a .conf file"),
    ],
)
def test_a_problem_keeps_us_off(
    tmp_path: Path, files: dict[str, str], where: str, why: str
) -> None:
    found = of(tmp_path, files, {"WORD": "s3cret"}).opt_in
    assert not found.enabled
    assert found.problem
    assert found.where == str(tmp_path / "conf.d" / where)
    assert why in found.why
    assert "\n" not in found.why
    assert "s3cret" not in found.why


def test_a_name_in_two_lines_is_told_in_one(tmp_path: Path) -> None:
    found = of(tmp_path, {"a.conf": STANZA, "b\n.conf": STANZA, "c.conf\n": ""}).opt_in
    assert found.problem
    assert "\n" not in found.where + found.why


def test_files_that_cannot_be_read_keep_us_off(tmp_path: Path) -> None:
    directory = confd(tmp_path, {"a.conf": STANZA})
    (directory / "b.conf").symlink_to("nowhere")
    assert read(directory, {}).opt_in.problem
    (directory / "b.conf").unlink()
    os.mkfifo(directory / "b.conf")
    assert read(directory, {}).opt_in.problem
    (directory / "b.conf").unlink()
    (directory / "b.conf").write_bytes(b"# " + b"x" * (1 << 20))
    assert read(directory, {}).opt_in.problem
    (directory / "b.conf").unlink()
    assert read(directory, {}).opt_in.enabled


def test_config_may_name_files_and_several_places(tmp_path: Path) -> None:
    directory = confd(tmp_path, {"a.conf": "dropsonde.interval = 600"})
    (tmp_path / "one.conf").write_text(STANZA)
    both = read(Path(f"{directory},{tmp_path / 'one.conf'}"), {})
    assert (both.opt_in.enabled, both.interval) == (True, 600)
    for wrong in (tmp_path / "none", Path(f"{directory},{tmp_path / 'none'}"), tmp_path / "a.txt"):
        (tmp_path / "a.txt").write_text(STANZA)
        assert read(wrong, {}).opt_in.problem


def test_bytes_that_are_no_utf_8_are_harmless_in_a_comment(tmp_path: Path) -> None:
    directory = confd(tmp_path, {})
    (directory / "a.conf").write_bytes(b"# caf\xe9 \xff\xfe\n" + STANZA.encode())
    assert read(directory, {}).opt_in.enabled


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("86400", 86400), ('"86400"', 86400), ("1", 1), (str(LONGEST), LONGEST), ("007", 7)],
)
def test_the_interval(tmp_path: Path, value: str, seconds: int) -> None:
    found = of(tmp_path, {"a.conf": f"dropsonde {{ interval = {value}, enabled: true }}"})
    assert (found.opt_in.enabled, found.interval) == (True, seconds)


@pytest.mark.parametrize(
    "value",
    ["0", "-1", str(LONGEST + 1), "true", "1 day", "1.5", "6e2", "null", "[1]", "{ days: 1 }"],
)
def test_a_bad_interval_is_the_default_and_named(tmp_path: Path, value: str) -> None:
    found = of(tmp_path, {"a.conf": f"dropsonde {{ interval = {value}, enabled: true }}"})
    assert (found.opt_in.enabled, found.interval) == (True, None)
    assert found.interval_fault.startswith(f"{tmp_path}/conf.d")
    assert ": dropsonde.interval is no whole number of seconds" in found.interval_fault


def test_the_interval_may_stand_in_another_files_stanza(tmp_path: Path) -> None:
    found = of(tmp_path, {"a.conf": STANZA, "b.conf": "dropsonde: { interval: 600 }"})
    assert (found.opt_in.enabled, found.interval) == (True, 600)


def test_what_cannot_be_read_is_told_and_the_rest_counts(tmp_path: Path) -> None:
    found = of(tmp_path, {"a.conf": PUPPETSERVER, "b.conf": f"{STANZA}, dropsonde.interval = 5 }}"})
    assert found.unread.startswith(f"{tmp_path}/conf.d/b.conf: line 1: ")
    assert found.interval is None
    assert found.directories["PUPPET_CONFDIR"] == "/etc/puppetlabs/puppet"


def test_a_look_finds_what_the_second_parser_has_to_confirm(tmp_path: Path) -> None:
    """It may become a submission, which is none before that."""
    directory = confd(tmp_path, {"a.conf": PUPPETSERVER})
    for text, might in (
        (STANZA, True),
        ('"dropsonde"."enabled" = true', True),
        ("dropsonde: { enabled: false }", False),
        ("dropsonde: { enabled: yes }", False),
        (f"{STANZA}\nx += 1", False),
        ("", False),
    ):
        (directory / "b.conf").write_text(text)
        looked, whole = read(directory, {}, looking=True), read(directory, {})
        assert (looked.opt_in.enabled, looked.opt_in.unconfirmed) == (False, might), text
        assert not whole.opt_in.unconfirmed
        assert looked.directories == (whole.directories if might else {})


def test_pyhocon_is_loaded_to_send_alone(tmp_path: Path) -> None:
    """Nor is it to read directories that are plain texts, as the packages write them."""
    directory = confd(tmp_path, {"a.conf": PUPPETSERVER})
    program = (
        "import sys; from pathlib import Path; from dropsonde_puppetserver.confd import read;"
        "read(Path(sys.argv[1]), {}, looking=len(sys.argv) > 2); print('pyhocon' in sys.modules)"
    )
    seen = []
    for text, *more in (("dropsonde: { enabled: false }",), (STANZA, "looks"), (STANZA,)):
        (directory / "b.conf").write_text(text)
        command = [sys.executable, "-c", program, str(directory), *more]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seen.append(done.stdout.strip())
    assert seen == ["False", "False", "True"]
