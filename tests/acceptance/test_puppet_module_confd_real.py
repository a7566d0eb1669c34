"""The Puppet module's hand on Puppet Server's configuration: Puppet writes, our reader reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde_puppetserver import confd
from tests.acceptance.puppet_module_site import CHANGED, CONFD, FAILED, UNCHANGED, site
from tests.real.built import DEBIANS_PYTHON
from tests.real.lightbend import load

if TYPE_CHECKING:
    from tests.acceptance.puppet_module_site import Applied, Site

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

OWN = "dropsonde.conf"
DAMAGED = "another file damaged"
STANZA = "dropsonde: { enabled: true }\n"
# What stands in conf.d, and what of it must be there in the end, too.
SAFE: Mapping[str, tuple[dict[str, str], str]] = {
    "nothing": ({}, ""),
    "stanza": (
        {"puppetserver.conf": f"# settings\n{STANZA}jruby-puppet: {{}} # kept\n"},
        "{ enabled: false }\njruby-puppet: {} # kept",
    ),
    "other keys": (
        {"x.conf": "dropsonde {\n  # why\n  enabled = true // so\n  b = 3\n}\na = ${b}\nb = 1"},
        "{\n  # why\n  enabled = false // so\n  b = 3\n}\na = ${b}\nb = 1",
    ),
    "quoted": ({"x.conf": 'a.b: 1\n"dropsonde"."enabled" = "true"\n'}, 'a.b: 1\n"dropsonde"'),
    "substitution": (
        {"x.conf": "dropsonde.enabled = ${?TELEMETRY}\n"},
        "dropsonde.enabled = false",
    ),
    "interval alone": ({"x.conf": "dropsonde: { interval: 3600 }\n"}, "{ interval: 86400 }"),
    "both": ({"x.conf": "dropsonde: { enabled: true, interval: 3600 }\n"}, "interval: 86400 }"),
    "json": ({"x.json": '{"a": 1, "dropsonde": {"enabled": true}}'}, '{"enabled": false}'),
    "twice in one file": ({"x.conf": f"{STANZA}dropsonde.enabled: true\n"}, "enabled: false"),
    "also in our own": ({"x.conf": STANZA, OWN: STANZA}, "enabled: false }"),
    "our own damaged": ({OWN: "dropsonde {{"}, ""),
    DAMAGED: ({"x.conf": "a: { # drop\n"}, "a: { # drop"),
    "only a comment": ({"x.ini": "; dropsonde\n# b = c\n"}, "; dropsonde"),
    "ignored by the server": ({"x.conf.bak": STANZA, ".x.conf": STANZA}, "enabled: true"),
}
# What stands in conf.d, and what is said.
REFUSED: Mapping[str, tuple[dict[str, str], str]] = {
    "two files": ({"x.conf": STANZA, "y.conf": STANZA}, "does not start with both"),
    "damaged": ({"x.conf": "dropsonde {\n"}, "cannot read this file"),
    "its own": ({"x.conf": f'include "x"\n{STANZA}'}, "have a cycle in your includes."),
    "no stanza": ({"x.conf": "dropsonde: true\n"}, "no plain stanza"),
    "substituted": ({"x.conf": "a: {}\ndropsonde: ${a}\n"}, "no plain stanza"),
    "included": ({"x.conf": 'include "sub/x"\n', "sub/x.conf": STANZA}, "included file"),
    "ini": ({"x.ini": "[dropsonde]\nenabled = true\n"}, "move that into a .conf file"),
    "yaml": ({"x.yaml": STANZA}, "move that into a .conf file"),
}  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[Site]:
    with site(package=False) as made:
        yield made


@pytest.fixture
def directory(host: Site) -> Path:
    """Puppet Server's configuration, empty."""
    host.machine.do("find", CONFD, "-mindepth", "1", "-delete")
    return host.path(CONFD)


def fill(directory: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text)


def listing(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def settle(host: Site, settings: str) -> Applied:
    """The resource alone, as the class declares it."""
    return host.apply(
        f"dropsonde_optin {{ 'puppetserver': confd => '{CONFD}', settings => {settings} }}"
    )


def plant(host: Site, table: Mapping[str, tuple[dict[str, str], str]]) -> dict[str, Path]:
    """A configuration for each entry of a table; all are written in one run of Puppet."""
    places = {name: host.path(f"/opt/{name.replace(' ', '-')}/conf.d") for name in table}
    for name, place in places.items():
        place.mkdir(parents=True)
        fill(place, table[name][0])
    return places


def settle_all(host: Site, places: Mapping[str, Path]) -> Applied:
    titles = "', '".join(place.parent.name for place in places.values())
    return host.apply(
        f"""['{titles}'].each |$name| {{
          dropsonde_optin {{ $name:
            confd    => "/opt/${{name}}/conf.d",
            settings => {{ 'enabled' => false, 'interval' => 86400 }},
          }}
        }}"""
    )


def test_a_setting_is_written_where_it_stands(host: Site) -> None:
    places = plant(host, SAFE)
    first = settle_all(host, places)
    assert first.code == CHANGED, first.said
    written = {name: listing(place) for name, place in places.items()}
    second = settle_all(host, places)
    assert second.code == UNCHANGED, second.said
    assert {name: listing(place) for name, place in places.items()} == written
    for (name, place), theirs in zip(places.items(), load(list(places.values()), {}), strict=True):
        assert SAFE[name][1].encode() in b"".join(written[name].values()), name
        ours = confd.read(place, {})
        if name == DAMAGED:  # ours is written all the same, for when that is mended
            assert ours.opt_in.problem
            assert b"enabled: false" in written[name][OWN]
        else:
            assert (ours.opt_in.enabled, ours.opt_in.problem) == (False, False), name
            assert ours.interval == 86_400, name
            assert theirs.enabled is False, name


def test_where_it_cannot_be_written_safely_nothing_is(host: Site) -> None:
    places = plant(host, REFUSED)
    before = {name: listing(place) for name, place in places.items()}
    done = settle_all(host, places)
    assert done.code == FAILED, done.said
    for name, place in places.items():
        (complaint, *_) = re.findall(
            rf"Error: .*Dropsonde_optin\[{place.parent.name}\].*", done.said
        )
        assert REFUSED[name][1] in complaint
        assert listing(place) == before[name]


def test_an_opt_in_without_an_interval_leaves_none_of_ours(host: Site, directory: Path) -> None:
    settle(host, "{ 'enabled' => true, 'interval' => 86400 }")
    assert settle(host, "{ 'enabled' => true }").code == CHANGED
    found = confd.read(directory, {})
    assert found.opt_in.enabled
    assert found.interval is None


def test_our_own_file_goes_when_all_stands_elsewhere(host: Site, directory: Path) -> None:
    settle(host, "{ 'enabled' => true }")
    fill(directory, {"x.conf": STANZA})
    assert settle(host, "{ 'enabled' => true }").code == CHANGED
    assert set(listing(directory)) == {"x.conf"}
    assert confd.read(directory, {}).opt_in.enabled


@pytest.mark.parametrize("beside", ["b: ${HOME}", "b: ${?a}\na: {}", "include 'y'", "b += 1"])
def test_an_opt_in_is_not_written_where_it_would_not_count(
    host: Site, directory: Path, beside: str
) -> None:
    text = f"dropsonde: {{ enabled: false }}\n{beside}\n".replace("'", '"')
    fill(directory, {"x.conf": text})
    done = settle(host, "{ 'enabled' => true }")
    assert done.code & FAILED
    assert "x.conf: dropsonde takes no opt-in from a file with includes" in done.said
    assert listing(directory) == {"x.conf": text.encode()}
    assert settle(host, "{ 'enabled' => false }").code == UNCHANGED


def test_an_opt_in_is_written_beside_a_substitution_of_a_text(host: Site, directory: Path) -> None:
    """As in the packages' own puppetserver.conf."""
    fill(directory, {"x.conf": "a: { b: /x }\nc: [${a.b}, y]\ndropsonde: { enabled: false }\n"})
    assert settle(host, "{ 'enabled' => true }").code == CHANGED
    assert set(listing(directory)) == {"x.conf"}
    assert confd.read(directory, {}).opt_in.enabled


def test_a_link_is_followed(host: Site, directory: Path) -> None:
    fill(directory, {"sub/x.txt": STANZA})
    (directory / "x.conf").symlink_to("sub/x.txt")
    assert settle(host, "{ 'enabled' => false }").code == CHANGED
    assert (directory / "x.conf").is_symlink()
    assert not confd.read(directory, {}).opt_in.enabled


def test_without_puppet_server_it_says_so(host: Site) -> None:
    done = host.apply(
        "dropsonde_optin { 'x': confd => '/etc/absent/conf.d', settings => { 'enabled' => true } }"
    )
    assert done.code & FAILED
    assert "/etc/absent/conf.d: no such directory; is Puppet Server installed?" in done.said


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ("confd => 'etc', settings => { 'enabled' => true }", "must be an absolute path"),
        ("confd => '/etc', settings => { 'enabled' => 'yes' }", "must be true or false"),
        ("confd => '/etc', settings => { 'enabled' => true, 'x' => 1 }", "a hash of enabled and"),
        ("confd => '/etc', settings => { 'enabled' => true, 'interval' => 0 }", "above 0"),
        ("confd => '/etc', settings => 'on'", "a hash of enabled and"),
    ],
)
def test_the_resource_checks_what_it_is_given(host: Site, parameters: str, complaint: str) -> None:
    done = host.apply(f"dropsonde_optin {{ 'x': {parameters} }}")
    assert done.code not in {UNCHANGED, CHANGED}
    assert complaint in done.said


def test_the_fact_is_told_by_files(host: Site) -> None:
    home = "/opt/puppetlabs/server/data/puppetserver/dropsonde"
    assert host.fact() is None
    host.path(f"{home}/gems/dropsonde-0.0.9").mkdir(parents=True)
    host.path(f"{home}/gems/dropsonde-0.0.10").mkdir()
    host.write("/usr/share/puppetserver/cli/apps/dropsonde", "")
    assert host.fact() == {"bundled": True, "version": "0.0.10", "cron": False, "enterprise": False}
    libraries = f"/usr/lib/dropsonde/lib/{Path(DEBIANS_PYTHON).name}/site-packages"
    host.path(f"{libraries}/dropsonde_telemetry-1.2.3.dist-info").mkdir(parents=True)
    assert host.fact() == {"bundled": True, "version": "1.2.3", "cron": False, "enterprise": False}


# As Foreman's class writes it, with the value of its parameter.
FOREMANS = "#\n# Managed by Puppet\n#\njruby-puppet: {{}}\n\ndropsonde: {{\n    enabled: {}\n}}\n"


def beside_foreman(host: Site, directory: Path, theirs: bool, *, ours: bool) -> list[Applied]:
    """Apply a class that writes the file whole, and the opt-in, in one catalog, twice."""
    text = FOREMANS.format(str(theirs).lower())
    code = f"""
        class puppet::server {{
          file {{ 'puppetserver.conf':
            path    => '{CONFD}/puppetserver.conf',
            content => '{text}',
          }}
        }}
        include puppet::server
        Class['puppet::server']
        -> dropsonde_optin {{ 'puppetserver':
          confd    => '{CONFD}',
          settings => {{ 'enabled' => {str(ours).lower()} }},
        }}
    """
    (directory / "puppetserver.conf").write_text(FOREMANS.format("false"))
    return [host.apply(code) for _ in range(2)]


@pytest.mark.parametrize("value", [True, False])
def test_foreman_and_we_agree(host: Site, directory: Path, value: bool) -> None:
    _, again = beside_foreman(host, directory, value, ours=value)
    assert again.code == UNCHANGED, again.said
    assert confd.read(directory, {}).opt_in.enabled is value
    assert [path.name for path in directory.iterdir()] == ["puppetserver.conf"]


@pytest.mark.parametrize("theirs", [True, False])
def test_against_foreman_we_change_nothing_and_name_its_parameter(
    host: Site, directory: Path, theirs: bool
) -> None:
    _, again = beside_foreman(host, directory, theirs, ours=not theirs)
    assert again.code == FAILED, again.said
    assert "File[puppetserver.conf] writes this file and would undo a change" in again.said
    assert f"set dropsonde.enabled to {str(not theirs).lower()} there" in again.said
    assert "puppet::server_puppetserver_telemetry" in again.said
    assert (directory / "puppetserver.conf").read_text() == FOREMANS.format(str(theirs).lower())


def test_the_header_alone_tells_of_runs_that_are_not_this_one(host: Site, directory: Path) -> None:
    """foreman-installer applies its class by itself."""
    fill(directory, {"puppetserver.conf": FOREMANS.format("false")})
    done = settle(host, "{ 'enabled' => true }")
    assert done.code == FAILED, done.said
    assert "another class (its header: Managed by Puppet) writes this file" in done.said
    assert (directory / "puppetserver.conf").read_text() == FOREMANS.format("false")


def test_an_interval_goes_beside_foremans_file(host: Site, directory: Path) -> None:
    fill(directory, {"puppetserver.conf": FOREMANS.format("true")})
    done = settle(host, "{ 'enabled' => true, 'interval' => 86400 }")
    assert done.code == CHANGED, done.said
    found = confd.read(directory, {})
    assert (found.opt_in.enabled, found.interval) == (True, 86_400)


def test_puppet_enterprise_is_refused_before_anything_is_written(
    host: Site, directory: Path
) -> None:
    mark = "/opt/puppetlabs/server/pe_version"
    host.write(mark, "2023.8.2\n")
    try:
        assert host.fact() is not None
        done = host.apply("include dropsonde")
    finally:
        host.path(mark).unlink()
    assert done.code == 1
    assert "Puppet Enterprise is not supported" in done.said
    assert listing(directory) == {}
    assert not host.path("/etc/telemetry.yaml").exists()
