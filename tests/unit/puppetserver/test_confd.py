from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde_puppetserver.confd import LONGEST, ServerConf, read

STANZA = "dropsonde: { enabled: true }"
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
        ("a.conf", "dropsonde.enabled = ${ON}"),
        ("a.conf", "dropsonde.enabled = false\ndropsonde.enabled = ${?ON}"),
        ("a.conf", "dropsonde.enabled = true\ndropsonde.enabled = ${?OFF}"),
        ("a.conf", "site.telemetry = true\ndropsonde.enabled = ${site.telemetry}"),
        ("a.conf", f'{PUPPETSERVER}x += 1\nname = "\\u00e4"\n{STANZA}'),
        ("a.json", '{"dropsonde": {"enabled": true}}'),
        ("a.ini", "[dropsonde]\nenabled = true"),
    ],
)
def test_an_opt_in(tmp_path: Path, name: str, text: str) -> None:
    other = PUPPETSERVER.replace("jruby-puppet", "z")
    found = of(tmp_path, {name: text, "z.conf": other}, {"ON": "true"})
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
        ({"a.conf": "dropsonde.enabled = ${?OFF}"}, ""),
        ({"a.conf.rpmsave": STANZA, ".a.conf": STANZA, "a.CONF": STANZA, "conf": STANZA}, ""),
        ({"a.conf": "Dropsonde: { enabled: true }"}, ""),
        ({"a.conf": '"dropsonde.enabled" = true'}, ""),
        ({"a.conf": "dropsonde: { enabled: false }"}, "a.conf"),
        ({"a.json": '{"dropsonde": {"enabled": false}}'}, "a.json"),
        (
            {"a.conf": "dropsonde.enabled = ${ON}\ndropsonde.enabled = false"},
            "a.conf",
        ),
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
        ({"a.ini": '[dropsonde]\nenabled = "true"'}, "a.ini", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = ${WORD}"}, "a.conf", "neither true nor false"),
        ({"a.conf": "dropsonde.enabled = [true]"}, "", "no single value"),
        ({"a.conf": "dropsonde = true"}, "a.conf", "no single value"),
        ({"a.conf": f"dropsonde.enabled = false\n{STANZA}"}, "a.conf", "set in line 1, too"),
        ({"a.conf": '"dropsonde"."enabled" = true'}, "a.conf", "unusual way"),
        ({"a.conf": f"{STANZA}\nx {{"}, "a.conf", "line 2: the end of the file"),
        ({"a.conf": STANZA, "b.conf": "x = }"}, "b.conf", "line 1: "),
        ({"a.conf": STANZA, "b.conf": STANZA}, "b.conf", "dropsonde.enabled is set in another"),
        ({"a.conf": STANZA, "b.ini": "[dropsonde]\nenabled = true"}, "b.ini", "in another file"),
        (
            {"a.conf": f"{STANZA}, x.y = 1", "b.conf": "x.y.z = 1"},
            "b.conf",
            "x.y is set in another",
        ),
        ({"a.conf": STANZA, "b.yaml": "x: 1"}, "b.yaml", "only .conf, .json and .ini"),
        ({"a.conf": STANZA, "b.yml": ""}, "b.yml", "only .conf, .json and .ini"),
        ({"a.conf": STANZA, "b.edn": "{}"}, "b.edn", "only .conf, .json and .ini"),
        ({"a.conf": STANZA, "b.properties": ""}, "b.properties", "only .conf, .json and .ini"),
        ({"a.conf": STANZA, "b.conf\n": ""}, "b.conf\n", "only .conf, .json and .ini"),
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
    [("86400", 86400), ('"86400"', 86400), ("1", 1), (str(LONGEST), LONGEST), ("6e2", 600)],
)
def test_the_interval(tmp_path: Path, value: str, seconds: int) -> None:
    found = of(tmp_path, {"a.conf": f"{STANZA}\ndropsonde.interval = {value}"})
    assert (found.opt_in.enabled, found.interval) == (True, seconds)


@pytest.mark.parametrize(
    "value", ["0", "-1", str(LONGEST + 1), "true", "1 day", "1.5", "null", "[1]", "{ days: 1 }"]
)
def test_a_bad_interval_is_the_default_and_named(tmp_path: Path, value: str) -> None:
    found = of(tmp_path, {"a.conf": f"{STANZA}\ndropsonde {{ interval = {value} }}"})
    assert (found.opt_in.enabled, found.interval) == (True, None)
    assert found.interval_fault.startswith(f"{tmp_path}/conf.d")
    assert ": dropsonde.interval is no whole number of seconds" in found.interval_fault


def test_puppets_directories(tmp_path: Path) -> None:
    assert of(tmp_path, {"puppetserver.conf": PUPPETSERVER}).directories == {
        "PUPPET_CONFDIR": "/etc/puppetlabs/puppet",
        "PUPPET_CODEDIR": "/etc/puppetlabs/code",
        "PUPPET_VARDIR": "/opt/puppetlabs/server/data/puppetserver",
        "PUPPET_LOGDIR": "/var/log/puppetlabs/puppetserver",
    }


def test_the_old_names_of_directories_count_where_the_new_ones_are_missing(
    tmp_path: Path,
) -> None:
    text = """jruby-puppet {
        master-conf-dir: /old/conf, server-conf-dir: /new/conf
        master-code-dir: /old/code
        master-var-dir: /old/var, server-var-dir: null
        master-log-dir: /old/log, server-log-dir: relative
    }"""
    found = of(tmp_path, {"a.conf": text})
    assert found.directories == {
        "PUPPET_CONFDIR": "/new/conf",
        "PUPPET_CODEDIR": "/old/code",
        "PUPPET_VARDIR": "/old/var",
    }
    told = "jruby-puppet.server-log-dir is no absolute path; it is passed over"
    assert found.directory_faults == (told,)


def test_a_conf_d_that_is_not_understood_says_nothing_else(tmp_path: Path) -> None:
    found = of(tmp_path, {"a.conf": PUPPETSERVER, "b.conf": f"{STANZA}, dropsonde.interval = 5 }}"})
    assert (found.interval, found.directories) == (None, {})


def test_pyhocon_is_loaded_for_an_opt_in_alone(tmp_path: Path) -> None:
    directory = confd(tmp_path, {"a.conf": PUPPETSERVER})
    program = (
        "import sys; from pathlib import Path; from dropsonde_puppetserver.confd import read;"
        "read(Path(sys.argv[1]), {}); print('pyhocon' in sys.modules)"
    )
    seen = []
    for text in ("dropsonde: { enabled: false }", STANZA):
        (directory / "b.conf").write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", program, directory], check=True, capture_output=True, text=True
        )
        seen.append(done.stdout.strip())
    assert seen == ["False", "True"]
