from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde.common.errors import PuppetError
from dropsonde.site.puppet.conf import parse_conf
from dropsonde.site.puppet.defaults import LISTS, PATHS
from dropsonde.site.puppet.environments import find_environments
from dropsonde.site.puppet.modules import find_modules, read_module
from dropsonde.site.puppet.settings import PuppetSettings, read_settings
from tests.acceptance.puppet_answers import puppet_answers
from tests.acceptance.puppet_configurations import BASE, CONF, CONFIGURATIONS, plant
from tests.support.patience import PATIENCE
from tests.support.places import let_others_in

if TYPE_CHECKING:
    from tests.acceptance.puppet_answers import PuppetAnswers

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SECTIONS = frozenset({"main", "server", "master", "agent", "user"})
WANTED = [field.name for field in fields(PuppetSettings) if field.name != "lookup"]
NOBODY = 65534
REFUSED = {
    "file_options_bad", "file_options_words", "file_mode_no_number", "variable_in_braces",
    "variable_unknown", "variable_not_a_setting", "variable_loop", "variable_self",
    "environmentpath_empty", "environmentpath_empty_in_main", "environmentpath_of_nothing_in_main",
    "environmentpath_empty_in_server", "certname_upper_in_main", "basemodulepath_of_itself_in_main",
    "proxy_port_text", "proxy_port_large", "proxy_password_reserved",
    "certname_upper", "unknown_section", "section_with_space", "section_with_comment",
    "line_without_equals", "semicolon", "key_with_dash", "bom", "mac_lines", "key_case",
    "modulepath_in_puppet_conf", "manifest_in_puppet_conf",
}  # fmt: skip


@pytest.fixture(scope="module")
def puppet() -> Iterator[PuppetAnswers]:
    with puppet_answers() as answers:
        yield answers


@pytest.fixture(scope="module")
def real_hostname(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name that Puppet gives this host by default: its certname without any puppet.conf."""
    confdir = tmp_path_factory.mktemp("etc")
    done = subprocess.run(
        ["puppet", "config", "print", "certname", "--confdir", str(confdir)],
        capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    return done.stdout.strip()


def printed(value: Any) -> str:
    """Our value as Puppet prints it."""
    if isinstance(value, tuple):
        return ":".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def ours(found: PuppetSettings) -> dict[str, str]:
    return with_plain_slashes({name: printed(getattr(found, name)) for name in WANTED})


def with_plain_slashes(values: dict[str, str]) -> dict[str, str]:
    """Of a text that is no path but contains one: for us `//a` is `/a`, for Puppet another path."""
    return {
        name: re.sub("/+", "/", value) if name == "module_repository" else value
        for name, value in values.items()
    }


def theirs(values: Mapping[str, str]) -> dict[str, str]:
    """Puppet's values in our words: no proxy is "none" for Puppet, and `//a` another path."""
    found = dict(values)
    for name in ("http_proxy_host", "http_proxy_user", "http_proxy_password", "no_proxy"):
        found[name] = "" if found[name] == "none" else found[name]
    for name in (*PATHS, *LISTS):
        if name in found:
            found[name] = re.sub("(^|:)/+", r"\1/", found[name])
    return with_plain_slashes(found)


def environments(found: PuppetSettings) -> dict[str, Any]:
    """Our environments, modules and metadata in the shape of puppet_answers.rb."""
    return {
        environment.name: {
            "path": str(environment.path),
            "modulepath": [str(path) for path in environment.modulepath],
            "modules": {
                name: {"path": str(path)} | metadata(path)
                for name, path in find_modules(environment.modulepath).items()
            },
        }
        for environment in find_environments(found)
    }


def metadata(path: Path) -> dict[str, Any]:
    """What we read in metadata.json, as Puppet's own loading leaves it."""
    found = read_module(path).metadata
    if found is None:
        return {}
    dependencies = [
        (d.slug.replace("-", "/"), d.version_requirement or ">= 0.0.0") for d in found.dependencies
    ]
    return {"metadata": (found.slug, found.version, dependencies)}


def cut(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Puppet's environments with of the metadata what we read."""
    found = json.loads(json.dumps(answer))
    for environment in found.values():
        for module in environment["modules"].values():
            if "metadata" in module:
                raw = module["metadata"]
                dependencies = [(d["name"], d["version_requirement"]) for d in raw["dependencies"]]
                module["metadata"] = (raw["name"], raw["version"], dependencies)
    return dict(found)


@pytest.mark.parametrize("name", sorted(CONFIGURATIONS))
def test_settings_environments_and_modules_are_puppets(
    name: str, tmp_path: Path, puppet: PuppetAnswers, real_hostname: str
) -> None:
    plant(CONFIGURATIONS[name], tmp_path)
    confdir, vardir, home = tmp_path / "etc", tmp_path / "var", tmp_path / "home"
    flags = ["--confdir", str(confdir), "--vardir", str(vardir)]
    answer = puppet.read(flags, uid=0, home=home, wanted=WANTED)
    environ = {"PUPPET_CONFDIR": str(confdir), "PUPPET_VARDIR": str(vardir)}
    assert ("refused" in answer) == (name in REFUSED), answer
    if name in REFUSED:
        with pytest.raises(PuppetError) as caught:
            read_settings(environ, uid=0, home=home, hostname=lambda: real_hostname)
        assert f"{confdir / 'puppet.conf'}:" in str(caught.value)
        assert "p@ss" not in str(caught.value)
    else:
        found = read_settings(environ, uid=0, home=home, hostname=lambda: real_hostname)
        assert ours(found) == theirs(answer["settings"])
        assert environments(found) == cut(answer["environments"])


def test_a_user_has_the_directories_below_the_home(
    tmp_path: Path, puppet: PuppetAnswers, real_hostname: str
) -> None:
    home = tmp_path / "home"
    plant({".puppet/etc/puppet.conf": "[main]\ncertname = user.x\n", ".puppet/code/": ""}, home)
    reachable(tmp_path)
    answer = puppet.read([], uid=NOBODY, home=home, wanted=WANTED)
    found = read_settings({}, uid=NOBODY, home=home, hostname=lambda: real_hostname)
    assert ours(found) == theirs(answer["settings"])
    assert found.certname == "user.x"
    assert found.ssldir == home / ".puppet/etc/ssl"


def test_a_user_with_directories_given_has_them(
    tmp_path: Path, puppet: PuppetAnswers, real_hostname: str
) -> None:
    plant({CONF: BASE, "code/environments/production/modules/one/": "", "var/": ""}, tmp_path)
    reachable(tmp_path)
    given = {name: str(tmp_path / name) for name in ("confdir", "codedir", "vardir", "logdir")}
    given["confdir"] = str(tmp_path / "etc")
    flags = [word for name, path in given.items() for word in (f"--{name}", path)]
    environ = {f"PUPPET_{name.upper()}": path for name, path in given.items()}
    answer = puppet.read(flags, uid=NOBODY, home=tmp_path, wanted=WANTED)
    found = read_settings(environ, uid=NOBODY, home=tmp_path, hostname=lambda: real_hostname)
    assert ours(found) == theirs(answer["settings"])
    assert found.codedir == tmp_path / "codedir"  # puppet.conf says otherwise
    assert environments(found) == cut(answer["environments"])


def reachable(tmp_path: Path) -> None:
    """Let a user other than root enter the test's directory, and own what lies there."""
    let_others_in(tmp_path)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, NOBODY, NOBODY)


def test_this_hosts_own_settings(puppet: PuppetAnswers, real_hostname: str, tmp_path: Path) -> None:
    answer = puppet.read([], uid=0, home=tmp_path, wanted=WANTED)
    found = read_settings({}, uid=0, home=tmp_path, hostname=lambda: real_hostname)
    assert ours(found) == theirs(answer["settings"])
    assert environments(found) == cut(answer["environments"])


@pytest.mark.parametrize("name", ["variables", "sections_order", "proxy", "ca_old_directory"])
def test_the_command_puppet_config_print_agrees(
    name: str, tmp_path: Path, real_hostname: str
) -> None:
    plant(CONFIGURATIONS[name], tmp_path)
    command = ["puppet", "config", "print", *WANTED, "--section", "server"]
    command += ["--confdir", str(tmp_path / "etc"), "--vardir", str(tmp_path / "var")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    lines = [line.partition(" = ") for line in done.stdout.splitlines()]
    environ = {"PUPPET_CONFDIR": str(tmp_path / "etc"), "PUPPET_VARDIR": str(tmp_path / "var")}
    found = read_settings(environ, uid=0, home=tmp_path, hostname=lambda: real_hostname)
    assert ours(found) == theirs({name: value for name, _, value in lines})


def test_the_command_puppet_module_list_agrees(tmp_path: Path, real_hostname: str) -> None:
    plant(CONFIGURATIONS["modules"], tmp_path)
    command = ["puppet", "module", "list", "--environment", "production", "--render-as", "json"]
    command += ["--confdir", str(tmp_path / "etc"), "--vardir", str(tmp_path / "var")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    listed = json.loads(done.stdout[done.stdout.index("{") :])["modules_by_path"]
    environ = {"PUPPET_CONFDIR": str(tmp_path / "etc"), "PUPPET_VARDIR": str(tmp_path / "var")}
    found = read_settings(environ, uid=0, home=tmp_path, hostname=lambda: real_hostname)
    (production,) = find_environments(found)
    assert set(listed) == {str(path) for path in production.modulepath}
    for directory, modules in listed.items():
        here = find_modules([Path(directory)])
        assert len(modules) == len(here)
        for name in here:
            assert any(f"{directory}/{name}" in str(entry) for entry in modules), name


PIECES = st.sampled_from(
    [*"=[]{}#$\"' \t\r\n\v\f,;:/_-", "main", "server", "agent", "[main]", "[server]\n", "\n", " = ",
     "ssldir", "a", "é", "\ufeff", "\x00", "{owner=root}", "owner", "mode", "07", "true", "FALSE",
     "#", "${confdir}", "{ , }"]
)  # fmt: skip


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=14).map("".join))
def test_puppet_conf_is_parsed_as_puppet_does(puppet: PuppetAnswers, text: str) -> None:
    answer = puppet.parse(text)
    try:
        parsed = parse_conf(text.encode(), Path("puppet.conf"), SECTIONS)
    except PuppetError:
        assert "refused" in answer, answer
    else:
        values = {s: {k: e.value for k, e in found.items()} for s, found in parsed.items()}
        assert values == answer.get("sections"), answer


VALUES = st.lists(
    st.sampled_from(
        ["$confdir", "$vardir", "$ssldir", "$certname", "$codedir", "$certdir", "$basemodulepath",
         "$statedir", "$environment", "$run_mode", "$$", "$", "/", "//", "/a", "..", ".", "~", ":",
         " ", "b", "true", "'", '"', "$server_x", "{}", "é"]
    ),
    max_size=5,
).map("".join)  # fmt: skip
# Not confdir, codedir, vardir and logdir: Puppet makes the directories above those.
NAMES = st.sampled_from(
    ["ssldir", "certdir", "privatekeydir", "hostcert", "environmentpath", "basemodulepath", "cadir",
     "cacert", "module_repository", "no_proxy"]
)  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(["main", "server"]), NAMES, VALUES), max_size=4))
def test_values_are_filled_in_as_puppet_does(
    puppet: PuppetAnswers, tmp_path: Path, real_hostname: str, lines: list[tuple[str, str, str]]
) -> None:
    text = "".join(f"[{section}]\n{name} = {value}\n" for section, name, value in lines)
    plant({CONF: text}, tmp_path)
    environ = {"PUPPET_CONFDIR": str(tmp_path / "etc"), "PUPPET_VARDIR": str(tmp_path / "var")}
    flags = ["--confdir", environ["PUPPET_CONFDIR"], "--vardir", environ["PUPPET_VARDIR"]]
    answer = puppet.read(flags, uid=0, home=tmp_path, wanted=WANTED)
    try:
        found = read_settings(environ, uid=0, home=tmp_path, hostname=lambda: real_hostname)
    except PuppetError as error:
        # We ask more of a path than Puppet does: that it is neither a boolean nor ~user.
        ours_alone = "true or false" in error.what or "~ and a user" in error.what
        assert "refused" in answer or ours_alone, answer
    else:
        assert "refused" not in answer, (lines, answer)
        assert ours(found) == theirs(answer["settings"]), answer
