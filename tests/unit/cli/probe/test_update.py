"""`dropsonde update`: the list, the vocabulary and the releases, each in a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dropsonde.delivery.endpoint_key import key_file
from tests.doubles.endpoint import LoopbackEndpoint
from tests.doubles.forge import Fault, LoopbackForge
from tests.support.sites import put, put_module
from tests.support.tarballs import pack

if TYPE_CHECKING:
    from tests.support.program import Program

NTP = "puppetlabs-ntp"


@pytest.fixture
def forge() -> Iterator[LoopbackForge]:
    with LoopbackForge() as server:
        server.upload(NTP, "1.0.0", pack(NTP, "1.0.0", {"init.pp": "class ntp {}"}))
        yield server


@pytest.fixture
def site(program: Program) -> Program:
    environment = program.home / "code/environments/production"
    put_module(environment / "modules/ntp", NTP, {"init": "class ntp {}"}, checksums=False)
    put(environment / "Puppetfile", f"mod '{NTP}', '1.0.0'")
    return program


def test_each_part_is_a_line(site: Program, forge: LoopbackForge) -> None:
    result = site.run("update", "--forge", forge.url)
    assert (result.code, result.err) == (0, "")
    modules, vocabulary, releases = result.out.splitlines()
    assert modules.startswith("1 public modules, 1 new, 0 gone (1 requests, ")
    assert vocabulary == "no vocabulary: the settings name no endpoint that may offer one"
    assert releases.startswith(
        "1 releases read from the Forge, of modules that Puppetfiles fetch from it (2 requests, "
    )
    again = site.run("update", "--forge", forge.url).out.splitlines()[2]
    assert again.startswith("0 releases read from the Forge")
    assert "(0 requests, 0 bytes)" in again


def test_a_preview_then_knows_the_release(site: Program, forge: LoopbackForge) -> None:
    options = ("preview", "--forge", forge.url, "--no-update")
    site.run("update", "--forge", forge.url, "--releases", "never")
    before = site.run(*options)
    assert "Not known: 1 classes of 1 modules" in before.out
    site.run("update", "--forge", forge.url)
    after = site.run(*options)
    assert "Not known" not in after.out
    assert "releases.txt (read from the Forge, " in after.out
    shown = json.loads(site.run(*options, "--format", "json").out)
    modules = shown["self-service-analytics"]["snapshots"]["modules"]["value"]
    assert modules == [{"name": "ntp", "slug": NTP, "version": "1.0.0"}]


def test_an_endpoint_that_offers_none_is_named(site: Program, forge: LoopbackForge) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run("update", "--forge", forge.url, "--endpoint", endpoint.url)
    assert (result.code, endpoint.received) == (0, [])
    assert f"no vocabulary: {endpoint.url} offers none" in result.out


def test_a_fault_of_the_releases_is_one_line_and_costs_nothing_else(
    site: Program, forge: LoopbackForge
) -> None:
    forge.faults[1] = Fault(status=404)
    result = site.run("update", "--forge", forge.url)
    assert result.code == 5
    assert "404" in result.complaint
    assert "1 left for the next time" in result.out
    assert (site.cache / "forge.json").exists()


def test_a_key_that_cannot_be_read_is_not_passed_over(site: Program, forge: LoopbackForge) -> None:
    with LoopbackEndpoint() as endpoint:
        file = key_file(site.cache, endpoint.url)
        file.mkdir(parents=True)
        result = site.run("update", "--forge", forge.url, "--endpoint", endpoint.url)
    assert result.code == 8
    assert "1 releases read from the Forge" in result.out
    assert f"{file}: Is a directory" in result.complaint
