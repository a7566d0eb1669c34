"""The Puppet module as it is published: its checks, its reference, its types, its catalogs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import dropsonde
from dropsonde.settings.options import OPTIONS
from tests.acceptance.puppet_module_site import CRON_CORE, MODULE
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

HIGHEST = {option.name: option.highest for option in OPTIONS}
CHOICES = {option.name: option.choices for option in OPTIONS}
# The class of the Ruby program's module: what sites that switch have written.
ORIGINAL = {
    "enabled": "true",
    **dict.fromkeys(("enable", "disable", "cachepath", "ttl", "update", "seed"), "undef"),
}
GOOD: Mapping[str, list[str]] = {
    "enabled": ["true", "false"],
    "enable": ["['modules']", "['modules', 'my_metric2']", "[]", "undef"],
    "disable": ["['puppetfiles', 'environments']", "undef"],
    "cachepath": ["'/var/cache'", "'/a dir/ü'", "undef"],
    "ttl": ["0", "7", str(HIGHEST["ttl"]), "undef"],
    "update": ["true", "false", "undef"],
    "seed": ["'banana pancakes'", "Sensitive('x')", "'5'", "undef"],
    "endpoint": ["'https://a.example:8443/in?x=y'", "'http://[::1]:80'", "undef"],
    "evidence": [*map(repr, CHOICES["evidence"]), "undef"],
    "accept": [*map(repr, CHOICES["accept"]), "undef"],
    "interval": ["3600", str(HIGHEST["interval"]), "undef"],
    "manage_package": ["true", "false"],
    "package_ensure": ["'installed'", "'latest'", "'0.1.0-1'", "'1:0.1~rc1+b2'"],
    "confd": ["'/etc/puppetlabs/puppetserver/conf.d'"],
    "config_file": ["'/etc/telemetry.yaml'"],
}
BAD: Mapping[str, list[str]] = {
    "enabled": ["'true'", "1", "undef"],
    "enable": ["'modules'", "['Modules']", "['a b']", '["a\\n"]', "[1]"],
    "disable": ["'modules'", "[['modules']]", "['']"],
    "cachepath": ["'cache'", "''", '"/a\\nb"', "'/a%b'", "'/a\"b'", "1"],
    "ttl": ["-1", "'7'", "1.5", str(HIGHEST["ttl"] + 1)],
    "update": ["'false'", "0"],
    "seed": ["5", "''", "' x'", '"a\\nb"', "Sensitive('')", "Sensitive(5)"],
    "endpoint": ["'ftp://a'", "'a.example'", "'https://'", "'https://a b'", '"https://a\\n"'],
    "evidence": ["'none'", "true"],
    "accept": ["'none'", "true"],
    "interval": ["0", "3599", "'86400'", str(HIGHEST["interval"] + 1)],
    "manage_package": ["'yes'"],
    "package_ensure": ["'absent'", "'purged'", "'-v'", "true"],
    "confd": ["'conf.d'", "undef"],
    "config_file": ["'telemetry.yaml'", "undef"],
}


@dataclass(frozen=True)
class Workshop:
    """A copy of the module, for tools that write beside it.

    Attributes:
        home: Puppet's own directories, and the modules.
    """

    home: Path

    @property
    def module(self) -> Path:
        """The module, under the name that Puppet knows it by."""
        return self.home / "modules/dropsonde"

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments, cwd=self.module, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip

    def puppet(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        where = (f"--confdir={self.home}/conf", f"--vardir={self.home}/var", "--color=false")
        return self.run("puppet", *arguments, *where, f"--modulepath={self.home}/modules")

    def strings(self, form: str) -> str:
        """What puppet-strings makes of the module."""
        made = self.home / f"reference.{form}"
        self.puppet("strings", "generate", "--format", form, "--out", made)
        return made.read_text(encoding="utf-8")

    def catalog(self, code: str, facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """The resources' parameters of a node with these facts, by type and title."""
        stored = self.home / "var/yaml/facts/node.example.yaml"
        stored.parent.mkdir(parents=True, exist_ok=True)
        document = json.dumps({"name": "node.example", "values": facts})
        stored.write_text(f"--- !ruby/object:Puppet::Node::Facts\n{document}\n")
        (self.home / "site.pp").write_text(code)
        done = self.puppet(
            *("catalog", "compile", "node.example", "--facts_terminus=yaml", "--render-as=json"),
            *("--strict=error", "--strict_variables", f"--manifest={self.home}/site.pp"),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        catalog = json.loads(done.stdout[done.stdout.index("{") :])
        return {
            f"{resource['type']}[{resource['title']}]": resource.get("parameters", {})
            for resource in catalog["resources"]
        }


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    made = Workshop(tmp_path_factory.mktemp("puppet"))
    shutil.copytree(MODULE, made.module)
    (made.home / "modules/cron_core").symlink_to(CRON_CORE)
    return made


@pytest.fixture(scope="module")
def described(workshop: Workshop) -> dict[str, Any]:
    """The class as puppet-strings describes it."""
    (found,) = json.loads(workshop.strings("json"))["puppet_classes"]
    return dict(found)


@pytest.mark.parametrize(
    "command",
    [
        ("puppet", "parser", "validate", "manifests", "types", "examples"),
        ("puppet", "epp", "validate", "templates/telemetry.yaml.epp"),
        ("puppet-lint", "--fail-on-warnings", "--no-140chars-check", "manifests", "types"),
        ("puppet-lint", "--fail-on-warnings", "examples"),
        ("metadata-json-lint", "--strict-license", "--fail-on-warnings", "metadata.json"),
        ("ruby", "-wc", "lib/facter/dropsonde.rb", "lib/puppet/type/dropsonde_optin.rb",
         "lib/puppet/provider/dropsonde_optin/hocon.rb"),
        ("ruby", "-wc", "spec/spec_helper.rb", "spec/classes/dropsonde_spec.rb",
         "spec/unit/puppet/provider/dropsonde_optin/hocon_spec.rb"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_tools_have_nothing_to_say(command: tuple[str, ...], workshop: Workshop) -> None:
    done = workshop.run(*(str(workshop.module / word) if (MODULE / word).exists() else word
                          for word in command))  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def unmarked(reference: str) -> str:
    """A reference without what differs between releases of puppet-strings: anchors, code."""
    text = re.sub(r"\(#[^)]*\)|<a name=[^>]*></a>", "", reference).replace("``", "`")
    return re.sub(
        r"^Alias of\n\n```?puppet\n(.*)\n```?$", r"Alias of `\1`", text, flags=re.MULTILINE
    )


def test_the_reference_is_what_puppet_strings_makes(workshop: Workshop) -> None:
    written = (MODULE / "REFERENCE.md").read_text(encoding="utf-8")
    assert unmarked(written) == unmarked(workshop.strings("markdown"))


def test_the_modules_own_tests_pass(workshop: Workshop) -> None:
    """As whoever changes the module runs them, with Debian's rspec-puppet."""
    fixtures = workshop.module / "spec/fixtures/modules"
    fixtures.mkdir(parents=True)
    for name in ("dropsonde", "cron_core"):
        (fixtures / name).symlink_to(workshop.home / "modules" / name)
    done = workshop.run("rspec", "--format", "json", "--out", workshop.home / "rspec.json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((workshop.home / "rspec.json").read_text())["summary"]
    assert found["example_count"] > 100
    assert (found["failure_count"], found["pending_count"]) == (0, 0)


def test_the_systems_are_those_that_the_packages_are_for() -> None:
    """The packages take the distribution's own Python."""
    metadata = json.loads((MODULE / "metadata.json").read_text())
    systems = {
        each["operatingsystem"]: set(each["operatingsystemrelease"])
        for each in metadata["operatingsystem_support"]
    }
    control = (MODULE.parents[1] / "ext/debian/control").read_text()
    (minor,) = re.findall(r"^Build-Depends:.*python3 \(>= 3\.(\d+)\)", control, re.MULTILINE)
    debian = {"11": 9, "12": 11, "13": 13}
    ubuntu = {"20.04": 8, "22.04": 10, "24.04": 12}
    for name, pythons in (("Debian", debian), ("Ubuntu", ubuntu)):
        taken = {release for release, python in pythons.items() if python >= int(minor)}
        assert systems.pop(name) == taken
    # The RPM's is python3.12, which these have.
    assert set(map(frozenset, systems.values())) == {frozenset({"8", "9", "10"})}


def test_sites_can_switch(described: dict[str, Any]) -> None:
    assert ORIGINAL.items() <= described["defaults"].items()


def test_the_version_is_the_programs_and_the_licence_too() -> None:
    metadata = json.loads((MODULE / "metadata.json").read_text())
    assert metadata["version"] == dropsonde.__version__
    licence = MODULE.parents[1] / "LICENSE"
    assert (MODULE / "LICENSE").read_bytes() == licence.read_bytes()


def test_the_types_take_what_the_program_takes_and_nothing_else(
    workshop: Workshop, described: dict[str, Any]
) -> None:
    types = {
        tag["name"]: tag["types"][0]
        for tag in described["docstring"]["tags"]
        if tag["tag_name"] == "param"
    }
    assert types.keys() == GOOD.keys() == BAD.keys()
    tries = [
        (f"{name} => {value}", f"{value} =~ {types[name]}", expected)
        for table, expected in ((GOOD, True), (BAD, False))
        for name, values in table.items()
        for value in values
    ]
    code = "".join(
        f"if ({test}) != {str(expected).lower()} {{ notice(@(END)) }}\nwrong: {what}\n| END\n"
        for what, test, expected in tries
    )
    done = workshop.puppet("apply", "-e", code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall("wrong: .*", done.stdout) == []


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ("ttl => 4000", "parameter 'ttl' expects a value of type Undef or Integer[0, 3650]"),
        ("evidence => 'none'", "parameter 'evidence' expects"),
        ("use_cron => false", "has no parameter named 'use_cron'"),
    ],
)
def test_a_bad_value_is_named(workshop: Workshop, parameters: str, complaint: str) -> None:
    done = workshop.puppet("apply", "--noop", "-e", f"class {{ 'dropsonde': {parameters} }}")
    assert done.returncode == 1
    assert complaint in done.stderr


@pytest.mark.parametrize(
    ("family", "agent", "config"),
    [
        ("RedHat", "8.10.0", "/etc/puppetlabs"),
        ("Suse", "7.34.0", "/etc/puppetlabs"),
        ("Debian", "8.10.0", "/etc/puppetlabs"),
        ("Debian", None, "/etc"),
    ],
)
def test_each_packaging_has_its_places(
    workshop: Workshop, family: str, agent: str | None, config: str
) -> None:
    facts = {"os": {"family": family}} | ({"aio_agent_version": agent} if agent else {})
    found = workshop.catalog("include dropsonde", facts)
    settings = found[f"File[{config}/telemetry.yaml]"]
    assert (settings["owner"], settings["group"], settings["mode"]) == ("root", "puppet", "0640")
    below = "/etc/puppetlabs" if config != "/etc" else "/etc/puppet"
    opt_in = found["Dropsonde_optin[puppetserver]"]
    assert opt_in["confd"] == f"{below}/puppetserver/conf.d"
    assert opt_in["settings"] == {"enabled": True}
    assert found["Package[dropsonde]"]["ensure"] == "installed"
    assert not any(name.startswith("Cron[") for name in found)


@pytest.mark.parametrize("example", sorted(path.name for path in MODULE.glob("examples/*.pp")))
def test_the_examples_compile(workshop: Workshop, example: str) -> None:
    code = (MODULE / "examples" / example).read_text()
    found = workshop.catalog(code, {"os": {"family": "Debian"}})
    assert "Class[Dropsonde]" in found


def test_the_readmes_examples_compile(workshop: Workshop) -> None:
    blocks = re.findall(r"```puppet\n(.*?)```", (MODULE / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks:
        server = "service { 'puppetserver': }\n" if "Service['puppetserver']" in block else ""
        found = workshop.catalog(server + block, {"os": {"family": "Debian"}})
        assert "Class[Dropsonde]" in found
