"""One run's parts: above all, which Forge decides what is public."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dropsonde.common.errors import ConfigError
from dropsonde.report.probe import Probe
from dropsonde.settings.resolve import resolve
from dropsonde.site.forge import DEFAULT_URL
from tests.doubles.forge import LoopbackForge, names
from tests.support.sites import put


def probe(root: Path, conf: str = "", **given: Any) -> Probe:
    put(root / "puppet.conf", f"[main]\n{conf}\n")
    environ = {"PUPPET_CONFDIR": str(root), "PUPPET_VARDIR": str(root / "var")}
    return Probe(resolve(given, None, required=False), environ)


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "https://forgeapi.puppet.com",
        "https://forgeapi.puppet.com/",
        "https://forgeapi.puppetlabs.com",
    ],
)
def test_the_public_forge_is_asked_by_default(tmp_path: Path, repository: str) -> None:
    conf = f"module_repository = {repository}" if repository else ""
    made = probe(tmp_path, conf)
    assert made.public.forge.url == (repository.rstrip("/") or DEFAULT_URL)
    assert made.public.forge.directory == tmp_path / "var/dropsonde"


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", ["forge.puppet.com", "forge.puppetlabs.com/", "Forge.Puppet.com"])
def test_so_it_is_under_its_older_names(tmp_path: Path, scheme: str, host: str) -> None:
    """Puppet 3 had them for its default; the API has a host of its own since."""
    assert probe(tmp_path, f"module_repository = {scheme}://{host}").public.forge.url == DEFAULT_URL


@pytest.mark.parametrize(
    "repository",
    [
        "https://forge.puppet.com.acme.example",
        "https://forge.puppet.com:8443",
        "https://user@forge.puppet.com",
        "https://forge.puppet.com/acme",
        "forge.puppet.com",
    ],
)
def test_what_looks_like_it_is_not_asked(tmp_path: Path, repository: str) -> None:
    made = probe(tmp_path, f"module_repository = {repository}")
    with pytest.raises(ConfigError, match="names a module_repository of this site"):
        made.public.update(lambda _done, _total: None)


def test_a_repository_of_the_site_is_not_asked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may list the site's own modules, and what it lists would count as public."""
    with LoopbackForge(names(30)) as forge:
        made = probe(tmp_path, f"module_repository = {forge.url}")
        assert made.public.forge_list.slugs == frozenset()
        with pytest.raises(ConfigError) as raised:
            made.public.update(lambda _done, _total: None)
    assert forge.requests == []
    said = str(raised.value)
    assert said.startswith("puppet.conf names a module_repository of this site")
    assert said in caplog.text
    assert forge.url not in caplog.text


def test_a_repository_that_the_administrator_confirms_is_asked(tmp_path: Path) -> None:
    with LoopbackForge(names(30)) as forge:
        made = probe(tmp_path, "module_repository = https://forge.acme.example", forge=forge.url)
        assert made.public.forge_list.slugs == frozenset(forge.released)
        assert made.public.update(lambda _done, _total: None).added == 0


def test_a_list_is_not_refreshed_when_that_is_switched_off(tmp_path: Path) -> None:
    with LoopbackForge(names(30)) as forge:
        assert probe(tmp_path, forge=forge.url, update=False).public.forge_list.slugs == frozenset()
    assert forge.requests == []


def test_the_cache_is_where_the_settings_say(tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    assert probe(tmp_path, cachepath=str(elsewhere)).public.forge.path == elsewhere / "forge.json"


def test_without_puppetdb_conf_there_is_no_puppetdb(tmp_path: Path) -> None:
    assert probe(tmp_path).puppetdb is None
    assert not probe(tmp_path, update=False).context.has_puppetdb


def test_puppetdb_is_the_one_that_is_named(tmp_path: Path) -> None:
    assert probe(tmp_path, puppetdb="http://127.0.0.1:8080").puppetdb is not None
    put(tmp_path / "puppetdb.conf", "[main]\nserver_urls = https://puppetdb.example:8081\n")
    assert probe(tmp_path).puppetdb is not None


def test_only_the_chosen_metrics_run(tmp_path: Path) -> None:
    made = probe(tmp_path, enable="modules,platforms", disable="platforms")
    assert [metric.name for metric in made.metrics] == ["modules"]
    with pytest.raises(ConfigError, match="no metric is named 'acme'"):
        probe(tmp_path, disable="acme").metrics  # noqa: B018  # a property that raises
