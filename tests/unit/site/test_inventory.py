"""The environments' modules: each environment finds its own."""

from __future__ import annotations

from pathlib import Path

from dropsonde.settings.options import PUBLISHED
from dropsonde.site.checksums import Checksums
from dropsonde.site.inventory import Inventory, module_of
from dropsonde.site.provenance import Evidence, PublicModule
from dropsonde.site.puppet.environments import Environment
from dropsonde.site.vocabulary.known import Known
from tests.support.sites import SLUGS, inventory_of, put_module

NTP = PublicModule("ntp", "puppetlabs-ntp", "1.0.0")


def test_a_title_is_resolved_in_its_own_environment(tmp_path: Path) -> None:
    ours = put_module(tmp_path / "production/modules/ntp")
    put_module(tmp_path / "staging/modules/ntp", "acme-ntp")
    inventory = inventory_of(tmp_path)
    found = inventory.resolve("production", "Ntp::Config")
    assert found is not None
    assert (found.module.path, found.public) == (ours, NTP)
    for environment, title in (
        ("staging", "Ntp"),
        ("gone", "Ntp"),
        ("", "Ntp"),
        (None, "Ntp"),
        ("production", "Apache"),
        ("production", "Ntpd"),
        ("production", ""),
        ("Production", "Ntp"),
    ):
        assert inventory.resolve(environment, title) is None


def test_the_first_directory_on_the_modulepath_counts(tmp_path: Path) -> None:
    put_module(tmp_path / "first/ntp", "acme-ntp")
    put_module(tmp_path / "second/ntp")
    inventory = Inventory(
        (
            Environment("one", tmp_path, (tmp_path / "first", tmp_path / "second")),
            Environment("two", tmp_path, (tmp_path / "second", tmp_path / "first")),
            Environment("three", tmp_path, (tmp_path / "none",)),
        ),
        SLUGS,
        lambda _: Evidence(PUBLISHED, Known(), Checksums(tmp_path)),
    )
    assert {name: list(copies) for name, copies in inventory.copies.items()} == {
        "one": [],
        "two": ["ntp"],
        "three": [],
    }
    assert [module.path for module in inventory.private] == [tmp_path / "first/ntp"]


def test_a_directory_that_two_environments_share_is_private_once(tmp_path: Path) -> None:
    put_module(tmp_path / "shared/acme", "acme-acme", {})
    environments = tuple(
        Environment(name, tmp_path, (tmp_path / "shared",)) for name in ("one", "two")
    )
    inventory = Inventory(
        environments, SLUGS, lambda _: Evidence(PUBLISHED, Known(), Checksums(tmp_path))
    )
    assert [module.name for module in inventory.private] == ["acme"]
    assert list(inventory.all_copies()) == []


def test_a_directory_that_links_lead_to_is_one_module(tmp_path: Path) -> None:
    commit = tmp_path / "commit"
    put_module(commit / "modules/ntp")
    put_module(commit / "modules/acme", "acme-acme", {})
    (tmp_path / "linked").symlink_to(commit)
    (tmp_path / "other/modules").mkdir(parents=True)
    (tmp_path / "other/modules/ntp").symlink_to(commit / "modules/ntp")
    put_module(tmp_path / "copy/modules/ntp")
    names = ("commit", "linked", "other", "copy")
    environments = tuple(
        Environment(name, tmp_path / name, (tmp_path / name / "modules",)) for name in names
    )
    inventory = Inventory(
        environments, SLUGS, lambda _: Evidence(PUBLISHED, Known(), Checksums(tmp_path))
    )
    found = [inventory.modules[name]["ntp"][0] for name in names]
    assert found[0] is found[1] is found[2] is not found[3]
    assert [module.name for module in inventory.private] == ["acme"]
    assert {name for name in names if inventory.resolve(name, "ntp::config")} == set(names)
    assert list(inventory.classes) == [commit / "modules/ntp", tmp_path / "copy/modules/ntp"]


def test_a_link_of_another_name_is_another_module(tmp_path: Path) -> None:
    put_module(tmp_path / "modules/ntp")
    (tmp_path / "modules/time").symlink_to("ntp")
    environment = Environment("one", tmp_path, (tmp_path / "modules",))
    inventory = Inventory(
        (environment,), SLUGS, lambda _: Evidence(PUBLISHED, Known(), Checksums(tmp_path))
    )
    assert [copy.public.name for copy in inventory.all_copies()] == ["ntp"]
    assert [module.name for module in inventory.private] == ["time"]


def test_all_copies_are_indexed(tmp_path: Path) -> None:
    put_module(tmp_path / "production/modules/ntp")
    put_module(tmp_path / "staging/modules/apache", "puppetlabs-apache", {"init": "class apache{}"})
    inventory = inventory_of(tmp_path)
    assert [copy.public.name for copy in inventory.all_copies()] == ["ntp", "apache"]
    found = {name for each in inventory.classes.values() for name in each.here}
    assert found == {"ntp", "ntp::config", "apache"}


def test_the_evidence_is_asked_for_the_modules_that_are_here(tmp_path: Path) -> None:
    put_module(tmp_path / "modules/ntp", version="1.0.0-acme")
    put_module(tmp_path / "modules/apache", "acme-apache")
    asked = []

    def evidence(inventory: Inventory) -> Evidence:
        asked.append(inventory.slugs)
        return Evidence(PUBLISHED, Known(), Checksums(tmp_path))

    environments = (Environment("one", tmp_path, (tmp_path / "modules",)),)
    inventory = Inventory(environments, SLUGS, evidence)
    assert [copy.public.version for copy in inventory.all_copies()] == [None]
    assert inventory.classes
    assert asked == [{"puppetlabs-ntp"}]


def test_the_module_of_a_title() -> None:
    assert [module_of(title) for title in ("Ntp::Config::X", "NTP", "", "::Ntp")] == [
        "ntp",
        "ntp",
        "",
        "",
    ]
