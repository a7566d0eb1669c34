"""The modules that a Puppetfile fetches from the Forge, and nothing that is not certain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.site.puppet.forge_modules import forge_modules
from dropsonde.site.puppet.r10k import asks_the_forge


def is_forge(url: str) -> bool:
    return url.rstrip("/") == "https://forge.example"


def modules(source: str) -> dict[str, str | None]:
    return dict(forge_modules(source.encode(), is_forge))


@pytest.mark.parametrize(
    ("line", "slug", "version"),
    [
        ("mod 'puppetlabs-apache', '12.1.0'", "puppetlabs-apache", "12.1.0"),
        ('mod "puppetlabs/apache", "12.1.0"', "puppetlabs-apache", "12.1.0"),
        ("mod('puppetlabs-apache', '12.1.0')", "puppetlabs-apache", "12.1.0"),
        ("mod 'puppetlabs-apache', :latest", "puppetlabs-apache", None),
        ("mod 'puppetlabs-apache', 'latest'", "puppetlabs-apache", None),
        ("mod 'puppetlabs-apache'", "puppetlabs-apache", None),
        ("mod 'a-b', type: 'forge', version: '1.0.0'", "a-b", "1.0.0"),
        ("mod 'a-b', :type => 'forge', :version => :latest", "a-b", None),
        ("mod 'a-b', type: 'forge'", "a-b", None),
        ("forge 'https://forge.example/'\nmod 'a-b', '1.0.0'", "a-b", "1.0.0"),
        ("moduledir 'x'\n# a comment\nmod 'a-b', '1.0.0' # more", "a-b", "1.0.0"),
        ("%w[x].each { |m| mod m }\nmod 'a-b', '1.0.0'", "a-b", "1.0.0"),
    ],
)
def test_a_module_of_the_forge(line: str, slug: str, version: str | None) -> None:
    assert modules(line) == {slug: version}


@pytest.mark.parametrize(
    "source",
    [
        "",
        "mod",
        "mod 'ntp', '1.0.0'",
        "mod 'a-b-c', '1.0.0'",
        "mod 'acme.example/b', '1.0.0'",
        "mod 'a-b', git: 'https://git.example/b.git'",
        "mod 'a-b', :git => 'https://git.example/b.git', :version => '1.0.0'",
        "mod 'a-b', type: 'git', version: '1.0.0'",
        "mod 'a-b', version: '1.0.0'",
        "mod 'a-b', type: 'forge', version: '1.0.0', source: 'x'",
        "mod 'a-b', local: true",
        "mod 'a-b', '1.0.0', '2.0.0'",
        "mod 'a-b', :acme",
        "mod 'a-b', ''",
        "mod 'a-b', nil",
        "mod 'a-b', ENV['ACME']",
        "mod 'a-b', \"1.#{acme}\"",
        "mod \"a-#{acme}\", '1.0.0'",
        "mod 'a-\\b', '1.0.0'",
        "mod 'a-b', '1.0.0' if acme",
        "if acme\n  mod 'a-b', '1.0.0'\nend",
        "['a-b'].each { |name| mod name, '1.0.0' }",
        "mod('a-b', '1.0.0') { acme }",
        "self.mod 'a-b', '1.0.0'",
        "x = mod 'a-b', '1.0.0'",
        "def mod(*all) end\nmod 'a-b', '1.0.0'",
        "define_method(:mod) { |n| n }\nmod 'a-b', '1.0.0'",
        "alias mod acme\nmod 'a-b', '1.0.0'",
        "forge 'https://acme.example'\nmod 'a-b', '1.0.0'",
        "forge ENV['ACME']\nmod 'a-b', '1.0.0'",
        "forge 'https://forge.example' if acme\nmod 'a-b', '1.0.0'",
        "acme { forge 'https://acme.example' }\nmod 'a-b', '1.0.0'",
        "mod 'a-b', '1.0.0'\nend",
        "mod 'a-b', '1.0.0'\n\0",
        "mod 'a-b', '1.0.0'\n" + "#" * 300_000,
    ],
)
def test_what_is_not_certain_does_not_count(source: str) -> None:
    assert modules(source) == {}


@given(st.binary(max_size=200) | st.text("mod'a-b,:lts#\n{}()[]\"1.0", max_size=80).map(str.encode))
def test_no_bytes_raise(source: bytes) -> None:
    for slug, version in forge_modules(source, is_forge).items():
        assert slug.encode().partition(b"-")[0] in source
        assert version is None or version.encode() in source


# r10k.yaml


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("", True),
        ("---\nsources: {}\n", True),
        ("forge:\n  proxy: 'http://proxy.example'\n", True),
        ("forge:\n  baseurl: 'https://forge.example'\n", True),
        (":forge:\n  :baseurl: https://forge.example\n", True),
        ("forge:\n  baseurl: 'https://acme.example'\n", False),
        (":forge:\n  :baseurl: https://acme.example\n", False),
        ("forge:\n  baseurl: 7\n", False),
        ("forge: [\n", False),
        ("!ruby/object:Acme {}\n", False),
        ("\0", False),
    ],
)
def test_the_forge_that_r10k_asks(tmp_path: Path, text: str, asks: bool) -> None:
    file = tmp_path / "r10k.yaml"
    file.write_text(text)
    assert asks_the_forge(is_forge, (tmp_path / "none", file)) is asks


def test_an_r10k_yaml_that_cannot_be_read_allows_nothing(tmp_path: Path) -> None:
    file = tmp_path / "r10k.yaml"
    file.symlink_to(file)
    assert not asks_the_forge(is_forge, (file,))
    assert asks_the_forge(is_forge, (tmp_path / "none",))


def test_a_puppetfile_of_thousands_of_modules() -> None:
    """The parser's own way to a node's text takes minutes here."""
    lines = [f"mod 'author-module{number}', '1.0.{number}'" for number in range(5000)]
    found = modules("\n".join(lines))
    assert len(found) == 5000
    assert found["author-module4999"] == "1.0.4999"
