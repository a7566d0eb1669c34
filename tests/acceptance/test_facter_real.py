from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from dropsonde.schema.vocabulary.os_names import OS_NAMES, os_release
from dropsonde.site.server import operating_system
from tests.real.os_releases import OS_RELEASES

SCRIPT = Path(__file__).with_name("facter_families.rb")
NAMES = SCRIPT.with_name("facter_names.rb")
# What OpenFact names, or Facter 3.
OTHER_NAMES = {"AzureLinux", "NetBSD", "OpenBSD"}
# What a later Facter 4 says instead.
RENAMED = {"SLES_SAP": "SLES"}
# Facter reads the release of these from another file.
BY_DEBIAN = {"Debian", "Raspbian", "elementary"}
# What Facter 4, which the script asks, no longer says.
OLDER_FACTERS = {"CoreOS", "DragonFly", "GNU/kFreeBSD", "HP-UX", "Linux", "SunOS", "VMkernel"}


@pytest.mark.real
@pytest.mark.each_debian
def test_families_are_those_of_facters_own_code() -> None:
    ruby = subprocess.run(["ruby", SCRIPT], check=True, capture_output=True, text=True)
    families = json.loads(ruby.stdout)
    assert families["Centos Linux"] == "RedHat"
    assert set(families.values()) == OS_FAMILIES - OLDER_FACTERS


@pytest.mark.real
@pytest.mark.each_debian
def test_names_and_releases_are_those_of_facters_own_code() -> None:
    files = json.dumps(list(OS_RELEASES.values()))
    ruby = subprocess.run(["ruby", NAMES], input=files, check=True, capture_output=True, text=True)
    told = json.loads(ruby.stdout)
    names = {each["name"] for each in told["read"]} | set(told["kernels"])
    assert names | set(RENAMED) == OS_NAMES - OTHER_NAMES
    for (name, release), facts in zip(OS_RELEASES, told["read"], strict=True):
        assert facts["name"] in {name, RENAMED.get(name)}
        if name not in BY_DEBIAN:
            assert os_release(name, facts["major"]) == release


@pytest.mark.real
@pytest.mark.each_debian
def test_this_system_is_the_one_that_facter_names() -> None:
    facter = subprocess.run(["facter", "--json", "os"], check=True, capture_output=True, text=True)
    facts = json.loads(facter.stdout)["os"]
    major = facts["release"]["major"]
    released = major if major[:1].isdigit() else None  # Debian's testing says "forky/sid"
    assert operating_system() == (facts["name"], released)
    assert facts["name"] in OS_NAMES
